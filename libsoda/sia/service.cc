#include "sia/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "dali/descriptor.h"
#include "dali/format.h"
#include "dali/literal.h"
#include "dali/places.h"
#include "dali/table.h"
#include "sia/params.h"
#include "store/columns.h"
#include "store/query.h"

namespace soda::sia {
namespace {

constexpr std::string_view identifier_column = "obs_publisher_did";
constexpr std::string_view url_column = "access_url";
constexpr std::string_view format_column = "access_format";
constexpr std::size_t most_options = 1000;  // of one parameter in the self-description

// Parameters with a fixed list of values, and the column that has them (SIA 2.0 section 3.1.3).
constexpr std::pair<std::string_view, std::string_view> listed[] = {
    {"COLLECTION", "obs_collection"},
    {"FACILITY", "facility_name"},
    {"INSTRUMENT", "instrument_name"},
    {"FORMAT", "access_format"},
};

// What the process keeps between requests: what is said of the service itself, made anew when the
// archive has changed.
struct State {
  State(dali::Service own, std::span<const dali::Service> others)
      : row(std::move(own)), siblings(others.begin(), others.end()) {}

  // Descriptors and columns as of the archive's present state.
  void refresh(const dali::Context& context) {
    const std::int64_t version = context.database.data_version();
    if (known == version) return;
    context.database.transaction([&] {
      columns = store::all_columns(context.database);
      names.clear();
      for (const auto& column : columns) names.push_back(column.name);
      columns.push_back(dali::preview_column());
      descriptors.clear();
      for (const auto& sibling : siblings)
        descriptors.push_back(sibling_descriptor(context, sibling));
      descriptors.push_back(self_descriptor(context));
    });
    known = version;
  }

  xml::ServiceDescriptor sibling_descriptor(const dali::Context& context,
                                            const dali::Service& sibling) const {
    auto descriptor = dali::descriptor_of(context, sibling, "Takes a row's data set in ID");
    for (auto& input : descriptor.inputs) {
      if (input.column.name == "ID") input.ref = identifier_column;
    }
    return descriptor;
  }

  xml::ServiceDescriptor self_descriptor(const dali::Context& context) const {
    auto descriptor = dali::descriptor_of(context, row, "Finds images");
    descriptor.utype = "adhoc:this";
    for (auto& input : descriptor.inputs) {
      const auto list = std::ranges::find(listed, input.column.name,
                                          &std::pair<std::string_view, std::string_view>::first);
      if (list == std::end(listed)) continue;
      input.values.options = store::distinct_values(context.database, list->second, most_options);
    }
    return descriptor;
  }

  dali::Service row;
  std::vector<dali::Service> siblings;
  std::optional<std::int64_t> known;
  std::vector<Column> columns;
  std::vector<std::string> names;  // of the columns that are stored
  std::vector<xml::ServiceDescriptor> descriptors;
};

// Rows on their way out: where the data are is said by us for what the archive itself holds.
class Passage {
 public:
  Passage(const dali::Context& context, const std::vector<std::string>& columns)
      : places_(context.config),
        url_(index_of(columns, url_column)),
        format_(index_of(columns, format_column)),
        identifier_(index_of(columns, identifier_column)) {}

  // The row that `answer` is at, and what is computed for it.
  std::span<const Cell> operator()(const store::Answer& answer) {
    const auto row = answer.row();
    row_.assign(row.begin(), row.end());
    row_.emplace_back();
    if (!answer.has_file()) return row_;
    const auto did = std::get<std::string_view>(row[identifier_]);
    preview_ = places_.data(did, "preview");
    row_.back() = std::string_view(preview_);
    if (!std::holds_alternative<std::monostate>(row[url_])) return row_;
    address_ = row[format_] == Cell(store::links_format) ? places_.links(did) : places_.data(did);
    row_[url_] = std::string_view(address_);
    return row_;
  }

 private:
  static std::size_t index_of(const std::vector<std::string>& columns, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin());
  }

  dali::Places places_;
  std::size_t url_, format_, identifier_;
  std::vector<Cell> row_;
  std::string address_, preview_;
};

std::int64_t rows_asked(const dali::Context& context, const dali::Arguments& arguments) {
  const std::int64_t limit = context.config.integer("maxrec_limit");
  const auto asked = arguments.one("MAXREC");
  return asked ? dali::parse_maxrec(*asked, limit)
               : std::min(context.config.integer("maxrec_default"), limit);
}

xml::Ending write_rows(dali::TableWriter& writer, const dali::Context& context,
                       const store::Question& question, const std::vector<std::string>& columns,
                       LogLine& log) {
  const std::int64_t limit = *question.limit;
  Passage pass(context, columns);
  store::Answer answer = store::answer(context.database, question, columns);
  std::int64_t rows = 0;
  for (; answer.next(); ++rows) writer.row(pass(answer));
  log.add("rows", std::to_string(rows));
  log.add("index", answer.path());
  // MAXREC=0 asks for metadata; DALI 1.1 section 3.4.4 wants the mark then too.
  if (!answer.overflowed() && limit > 0) return {};
  return {xml::Status::overflow,
          fmt::format("cut short: there is more than MAXREC = {} asks for", limit)};
}

http::Response answer(State& state, const dali::Context& context, const dali::Call& call) {
  const auto choice =
      dali::choose_format(dali::table_formats(), call.arguments.one("RESPONSEFORMAT").value_or(""),
                          call.request.header("Accept"));
  const auto vertices = static_cast<std::size_t>(context.config.integer("max_vertices"));
  store::Question question = parse_question(call.arguments, vertices);
  question.limit = rows_asked(context, call.arguments);
  state.refresh(context);
  xml::ResultTable table;
  table.name = "ivoa.obscore";
  table.description = "Images of " + context.config.text("title");
  table.infos = {{"standardID", "ivo://ivoa.net/std/SIA", ""},
                 {"server_software", "libsoda/" + context.version, ""}};
  table.fields = xml::fields_of(state.columns);
  table.descriptors = state.descriptors;
  return dali::table_response(
      choice, std::move(table),
      [&context, question = std::move(question), columns = state.names,
       &log = call.log](dali::TableWriter& writer) {
        return write_rows(writer, context, question, columns, log);
      },
      call.log);
}

}  // namespace

dali::Service query_service(const dali::Context&, std::span<const dali::Service> siblings) {
  dali::Service service;
  service.name = "sia";
  service.standard_id = "ivo://ivoa.net/std/SIA#query-2.0";
  service.interface_type = "vs:ParamHTTP";
  service.interface_version = "2.0";
  service.access_use = "base";
  service.methods = "GET HEAD POST";
  service.result_type = "application/x-votable+xml";
  service.parameters = parameters();
  service.errors = dali::ErrorStyle::votable;
  service.handle = [state = std::make_shared<State>(service, siblings)](
                       const dali::Context& context, const dali::Call& call) {
    return answer(*state, context, call);
  };
  return service;
}

std::optional<dali::ExampleCall> example_query(const store::ObsCore& record) {
  if (!record.s_ra || !record.s_dec) return std::nullopt;
  return {{{"POS", fmt::format("CIRCLE {:.6f} {:.6f} 0.01", *record.s_ra, *record.s_dec)}}};
}

}  // namespace soda::sia
