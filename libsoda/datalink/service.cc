#include "datalink/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/failure.h"
#include "base/text.h"
#include "dali/access.h"
#include "dali/descriptor.h"
#include "dali/format.h"
#include "dali/places.h"
#include "dali/table.h"
#include "datalink/links.h"

namespace soda::datalink {
namespace {

using dali::Repeat;

constexpr dali::Parameter parameter_table[] = {
    {"ID", "char", "*", "", "", "meta.id;meta.main", Repeat::list, "",
     "Publisher identifier of a data set; may be repeated", true},
    {"RESPONSEFORMAT", "char", "*", "", "", "meta.code.mime", Repeat::single, "",
     "votable, votable/b2, csv, tsv, json or html, or a media type", true},
};

constexpr std::string_view standard_id = "ivo://ivoa.net/std/DataLink#links-1.1";
constexpr std::string_view votable_type = "application/x-votable+xml";
constexpr std::string_view content = "content=datalink";

// DataLink 1.1 section 3.2 table 2. The order is free; the last two are ours to compute.
std::vector<xml::Field> fields() {
  const auto text = [](std::string_view name, std::string_view ucd) {
    Column column;
    column.name = name;
    column.datatype = "char";
    column.arraysize = "*";
    column.ucd = ucd;
    return column;
  };
  // Identifiers come back as they were given, and people write as they speak.
  const auto free_text = [&text](std::string_view name, std::string_view ucd) {
    Column column = text(name, ucd);
    column.datatype = "unicodeChar";
    return column;
  };
  Column length = text("content_length", "phys.size;meta.file");
  length.type = ColumnType::integer;
  length.datatype = "long";
  length.arraysize.clear();
  length.unit = "byte";
  Column authorized = text("link_authorized", "meta.code");
  authorized.datatype = "boolean";
  authorized.arraysize.clear();
  const std::array columns = {
      free_text("ID", "meta.id;meta.main"),   text("access_url", "meta.ref.url"),
      text("service_def", "meta.ref"),        free_text("error_message", "meta.code.error"),
      free_text("description", "meta.note"),  text("semantics", "meta.code"),
      text("content_type", "meta.code.mime"), length,
      text("content_qualifier", ""),          text("local_semantics", "meta.id.assoc"),
      text("link_auth", "meta.code"),         authorized};
  return xml::fields_of({columns.begin(), columns.end()});
}

// The links of the data sets that were asked for last, up to a budget in bytes. A data set is
// remembered by its address, and kept alive meanwhile: what is ingested again is another.
class Cache {
 public:
  using Pointer = std::shared_ptr<const Links>;
  explicit Cache(std::size_t budget) : budget_(budget) {}

  template <class Make>
  Pointer get(const std::shared_ptr<const store::Dataset>& dataset, const Make& make) {
    if (const auto found = index_.find(dataset.get()); found != index_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return order_.front().links;
    }
    const auto links = std::make_shared<const Links>(make(*dataset));
    // Without a file it is another object at every call.
    if (!dataset->holding) return links;
    order_.push_front({dataset, links, links->memory() + dataset->holding->memory()});
    index_.emplace(dataset.get(), order_.begin());
    used_ += order_.front().bytes;
    while (used_ > budget_ && order_.size() > 1) {
      used_ -= order_.back().bytes;
      index_.erase(order_.back().dataset.get());
      order_.pop_back();
    }
    return links;
  }

 private:
  struct Entry {
    std::shared_ptr<const store::Dataset> dataset;
    Pointer links;
    std::size_t bytes;
  };
  std::size_t budget_;
  std::size_t used_ = 0;
  std::list<Entry> order_;  // most recent first
  std::unordered_map<const store::Dataset*, std::list<Entry>::iterator> index_;
};

// What the caller may do with the data behind links of one kind.
struct Permit {
  std::string_view auth, authorized;  // link_auth, link_authorized; empty: nobody knows
  std::string signature;              // to be put behind addresses; may be empty
};

// The links of one ID of the request.
struct Found {
  std::string id;  // as given
  std::shared_ptr<const Links> links;
  bool restricted = false;
  Permit file, cut;  // of Link::Gate
};

// What the process keeps between requests.
struct State {
  State(const dali::Context& context, const dali::Service& own,
        std::span<const dali::Service> services, Orient words)
      : places(context.config),
        orient(std::move(words)),
        fields(datalink::fields()),
        cache(static_cast<std::size_t>(context.config.integer("holdings_memory"))) {
    for (const auto& service : services)
      cutters.push_back(dali::descriptor_of(context, service, ""));
    self = dali::descriptor_of(context, own, "All that there is of the data sets in ID");
    self.utype = "adhoc:this";
  }

  Found find(const dali::Context& context, const dali::Call& call, const std::string& id) {
    const auto dataset = context.holdings.find_any(id);
    if (!dataset) {
      Links unknown;
      unknown.rows.push_back(fault_row("NotFoundFault: " + context.holdings.why_absent(id)));
      return {id, std::make_shared<const Links>(std::move(unknown)), false, {}, {}};
    }
    Found found;
    found.id = id;
    found.links = cache.get(dataset, [this](const store::Dataset& each) {
      return links_of(each, places, cutters, orient);
    });
    const site::Terms terms = dali::terms_of(dataset->obscore);
    found.restricted = site::is_restricted(terms, std::chrono::system_clock::now());
    found.file = permit(context, call, found, terms, site::Scope::data);
    found.cut = permit(context, call, found, terms, site::Scope::cut);
    return found;
  }

  // Everybody sees that restricted data exist. Who may read them gets signed addresses, which work
  // in programs that do not know his password.
  static Permit permit(const dali::Context& context, const dali::Call& call, const Found& found,
                       const site::Terms& terms, site::Scope scope) {
    if (!found.restricted) return {"false", true_text, {}};
    if (!context.access.may_read(terms, scope, {call.user, {}})) return {"true", false_text, {}};
    return {"true", true_text,
            context.access.can_sign() ? context.access.signed_query(terms.id, scope) : ""};
  }

  dali::Places places;
  Orient orient;
  std::vector<xml::Field> fields;
  std::vector<xml::ServiceDescriptor> cutters;
  xml::ServiceDescriptor self;
  Cache cache;
};

Cell cell(std::string_view text) { return text.empty() ? Cell() : Cell(text); }

const Permit& permit_of(const Found& found, const Link& link) {
  static const Permit unknown;
  if (link.gate == Link::Gate::elsewhere) return unknown;
  return link.gate == Link::Gate::file ? found.file : found.cut;
}

void write_links(dali::TableWriter& writer, const Found& found) {
  std::string address;
  for (const Link& link : found.links->rows) {
    const Permit& permit = permit_of(found, link);
    address = link.access_url;
    if (!address.empty()) address += permit.signature;
    const std::array<Cell, 12> cells = {std::string_view(found.id),
                                        cell(address),
                                        cell(link.service_def),
                                        cell(link.error_message),
                                        cell(link.description),
                                        cell(link.semantics),
                                        cell(link.content_type),
                                        link.content_length ? Cell(*link.content_length) : Cell(),
                                        cell(link.content_qualifier),
                                        cell(link.local_semantics),
                                        cell(permit.auth),
                                        cell(permit.authorized)};
    writer.row(cells);
  }
}

// Of each data set once, however often it was named.
void write_descriptors(Blocks& out, const std::vector<Found>& all) {
  std::set<const Links*> written;
  for (const Found& found : all) {
    if (written.insert(found.links.get()).second) out.append(found.links->descriptors);
  }
}

// "votable;foo=bar": parameters of a short form are let be, as DataLink 1.1 section 3.1.2 has it.
std::string asked_format(const dali::Arguments& arguments) {
  std::string asked = arguments.one("RESPONSEFORMAT").value_or("");
  const std::size_t end = asked.find(';');
  if (equal_ignoring_case(trim(std::string_view(asked).substr(0, end)), "votable")) {
    asked = "votable";
  }
  return asked;
}

// The answer to a browser is the VOTable itself, which a style sheet makes readable; it is sent as
// the type that browsers apply style sheets to. Who asks for HTML by name gets a plain table.
struct Form {
  dali::Choice choice;
  std::string style_sheet;
};

Form form_of(const State& state, const dali::Call& call) {
  const std::string asked = asked_format(call.arguments);
  dali::Choice choice =
      dali::choose_format(dali::table_formats(), asked, call.request.header("Accept"));
  if (asked.empty() && dali::table_form(choice.index) == dali::TableForm::html) {
    return {dali::choose_format(dali::table_formats(), "text/xml", ""), state.places.links_style()};
  }
  const bool is_votable = starts_with_ignoring_case(choice.content_type, votable_type);
  if (is_votable && choice.content_type.find("content=") == std::string::npos) {
    choice.content_type.append(";").append(content);
  }
  return {std::move(choice), {}};
}

http::Response answer(State& state, const dali::Context& context, const dali::Call& call) {
  Form form = form_of(state, call);
  const auto& ids = call.arguments.all("ID");
  const auto limit = static_cast<std::size_t>(context.config.integer("max_ids_per_links"));
  std::vector<Found> found;
  for (std::size_t i = 0; i < std::min(ids.size(), limit); ++i) {
    found.push_back(state.find(context, call, ids[i]));
  }
  call.log.add("ids", std::to_string(ids.size()));
  xml::Ending ending;
  if (ids.size() > limit) {
    ending = {xml::Status::overflow,
              fmt::format("only {} identifiers a request are answered, got {}", limit, ids.size())};
  }
  xml::ResultTable table;
  table.infos = {{"standardID", std::string(standard_id), ""},
                 {"server_software", "libsoda/" + context.version, ""}};
  table.fields = state.fields;
  table.descriptors = {state.self};
  table.style_sheet = form.style_sheet;
  const auto shared = std::make_shared<const std::vector<Found>>(std::move(found));
  table.appendix = [shared](Blocks& out) { write_descriptors(out, *shared); };
  http::Response response = dali::table_response(
      form.choice, std::move(table),
      [shared, ending](dali::TableWriter& writer) {
        for (const Found& each : *shared) write_links(writer, each);
        return ending;
      },
      call.log);
  if (!form.style_sheet.empty()) {
    // The page shows what others wrote: nothing in it may run but the style sheet.
    response.add("Content-Security-Policy",
                 "default-src 'none'; script-src 'self'; img-src http: https:; style-src "
                 "'unsafe-inline'; form-action http: https:");
  }
  response.add("Vary", "Accept");
  if (std::ranges::any_of(*shared, &Found::restricted)) site::make_private(response);
  return response;
}

}  // namespace

std::span<const dali::Parameter> parameters() { return parameter_table; }

dali::Service links_service(const dali::Context& context, std::span<const dali::Service> cutters,
                            Orient orient) {
  dali::Service service;
  service.name = "links";
  service.standard_id = standard_id;
  service.interface_type = "vs:ParamHTTP";
  service.interface_version = "1.1";
  service.access_use = "base";
  service.methods = "GET HEAD POST";
  service.result_type = "application/x-votable+xml;content=datalink";
  service.parameters = parameters();
  service.errors = dali::ErrorStyle::votable;
  service.handle = [state = std::make_shared<State>(context, service, cutters, std::move(orient))](
                       const dali::Context& c, const dali::Call& call) {
    return answer(*state, c, call);
  };
  return service;
}

std::optional<dali::ExampleCall> example_links(const store::ObsCore& record) {
  return {{{"ID", record.obs_publisher_did}}};
}

}  // namespace soda::datalink
