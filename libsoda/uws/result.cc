// What lies below a job's `results` and `parameters`.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <utility>

#include "base/failure.h"
#include "base/fingerprint.h"
#include "base/text.h"
#include "dali/table.h"
#include "dali/upload.h"
#include "http/file_body.h"
#include "http/handoff.h"
#include "uws/desk.h"
#include "xml/votable.h"

namespace soda::uws {
namespace {

using store::Item;

// The name under which the folder of results is handed over (http/handoff.h).
constexpr std::string_view results_root = ".results";

// What is sent of a file in the folder of results.
struct Stored {
  std::string below, absolute;  // the folder of results
  std::string name, media_type;
  std::int64_t start = 0, size = 0;
};

[[noreturn]] void refuse_missing() {
  throw Failure(FailureKind::unavailable, "the file is not there, or cannot be opened");
}

FileDescriptor open_regular(const std::string& path, struct stat& status) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) refuse_missing();
  return file;
}

http::Response stored_response(const Stored& stored) {
  http::Response response;
  response.add("Content-Type", stored.media_type);
  const bool is_text = stored.media_type.starts_with("text/plain");
  response.add("Content-Disposition",
               http::disposition(is_text ? "inline" : "attachment", stored.name));
  response.add("X-Content-Type-Options", "nosniff");
  response.add("Cache-Control", "private");
  return response;
}

// A file that does not change any more.
http::Response whole_file(const http::Request& request, const Stored& stored) {
  struct stat status {};
  FileDescriptor file = open_regular(stored.absolute, status);
  http::Response response = stored_response(stored);
  http::add_validators(response, status);
  if (!http::hand_over(request, response, {results_root, stored.below, stored.absolute},
                       status.st_size)) {
    response.body = http::file_body(std::move(file), status.st_size);
  }
  return response;
}

// One result of a bundle, which others may be added to: its place tells it from every other.
http::Response part_of_file(const Stored& stored) {
  struct stat status {};
  FileDescriptor file = open_regular(stored.absolute, status);
  if (status.st_size < stored.start + stored.size) refuse_missing();
  http::Response response = stored_response(stored);
  const std::string place = fmt::format("{} {} {}", stored.below, stored.start, stored.size);
  response.add("ETag", fmt::format("\"{:016x}\"", Fingerprint().add(place).value()));
  response.body = http::file_body(std::move(file), stored.size, stored.start);
  return response;
}

// See ends_bundle.
bool has_own_file(const Item& item) {
  return item.start == 0 && (item.file == item.name || item.size >= ends_bundle);
}

// What a browser or a shell would call the file; results have no endings of their own.
struct Ending {
  std::string_view media_type, ending;
};
constexpr std::array endings = {
    Ending{"application/fits", ".fits"}, Ending{"image/fits", ".fits"},
    Ending{"application/zip", ".zip"},   Ending{"application/x-tar", ".tar"},
    Ending{"image/png", ".png"},         Ending{"image/jpeg", ".jpg"},
    Ending{"text/plain", ".txt"},        Ending{"application/x-votable+xml", ".vot"},
    Ending{"text/xml", ".xml"},          Ending{"text/csv", ".csv"},
    Ending{"application/json", ".json"}, Ending{"text/tab-separated-values", ".tsv"},
    Ending{"text/html", ".html"},
};

std::string saved_name(const Item& item) {
  const std::string_view type = std::string_view(item.media_type);
  const std::string_view bare = type.substr(0, type.find(';'));
  const auto found = std::ranges::find(endings, bare, &Ending::media_type);
  const std::string_view ending = found == endings.end() ? std::string_view() : found->ending;
  return item.name.ends_with(ending) ? item.name : item.name + std::string(ending);
}

constexpr std::array<std::string_view, 4> state_words = {"WAITING", "DONE", "EMPTY", "FAILED"};

std::vector<Column> status_columns() {
  const auto text = [](std::string name, std::string ucd, std::string description) {
    return Column{
        std::move(name),       ColumnType::text, "unicodeChar", "*", "", "", std::move(ucd), "",
        std::move(description)};
  };
  return {
      {"number", ColumnType::integer, "long", "", "", "", "meta.record;meta.main", "",
       "Number of the result, from 1, in the order of what was asked for"},
      text("name", "meta.id", "Name of the result"),
      text("label", "meta.title", "Data set and position, as asked for"),
      text("status", "meta.code.status", "WAITING, DONE, EMPTY (nothing to cut) or FAILED"),
      text("reason", "meta.note", "Why it is empty or failed"),
      text("content_type", "meta.code.mime", "Media type of the result"),
      {"size", ColumnType::integer, "long", "", "", "byte", "phys.size;meta.file", "",
       "Bytes of the result"},
      {"time_taken", ColumnType::real, "double", "", "", "ms", "time.duration", "",
       "How long it took"},
      text("url", "meta.ref.url", "Where the result is"),
  };
}

Cell text_or_null(std::string_view text) { return text.empty() ? Cell() : Cell(text); }

void write_status_row(dali::TableWriter& writer, const Item& item, const std::string& url) {
  const bool is_finished = item.state != Item::State::waiting;
  const std::array<Cell, 9> cells = {
      item.number,
      std::string_view(item.name),
      text_or_null(item.label),
      state_words[static_cast<std::size_t>(item.state)],
      text_or_null(item.reason),
      text_or_null(item.media_type),
      url.empty() ? Cell() : Cell(item.size),
      is_finished ? Cell(item.milliseconds) : Cell(),
      text_or_null(url),
  };
  writer.row(cells);
}

xml::Ending write_status(dali::TableWriter& writer, Desk& desk, const store::Job& job) {
  constexpr std::int64_t at_a_time = 1000;
  const std::string folder = desk.address_of(job.id) + "/results/";
  // Of a job with a package only that can be fetched.
  const bool has_files = job.package.empty();
  std::int64_t last = 0;
  std::vector<Item> items;
  do {
    items = desk.jobs.items(job.id, last, at_a_time);
    for (const Item& item : items) {
      const bool is_there = item.state != Item::State::waiting;
      write_status_row(writer, item, has_files && is_there ? folder + item.name : std::string());
      last = item.number;
    }
  } while (std::ssize(items) == at_a_time);
  return {};
}

http::Response status_table(Desk& desk, const dali::Context& context, const dali::Call& call,
                            const store::Job& job) {
  const auto choice =
      dali::choose_format(dali::table_formats(), call.arguments.one("RESPONSEFORMAT").value_or(""),
                          call.request.header("Accept"));
  xml::ResultTable table;
  table.name = "status";
  table.description = "Results of the job " + job.id;
  table.infos = {{"phase", std::string(store::phase_word(job.phase)), ""},
                 {"server_software", "libsoda/" + context.version, ""}};
  table.fields = xml::fields_of(status_columns());
  http::Response response = dali::table_response(
      choice, std::move(table),
      [&desk, job](dali::TableWriter& writer) { return write_status(writer, desk, job); },
      call.log);
  response.add("Cache-Control", "no-store");
  return response;
}

}  // namespace

http::Response show_result(Desk& desk, const dali::Context& context, const dali::Call& call,
                           const Place& place) {
  const store::Job job = desk.find(call, place.id);
  const bool several = desk.kind.results == Kind::Results::several;
  if (several && place.name == status_name && job.planned > 0) {
    return status_table(desk, context, call, job);
  }
  const std::optional<Item> item = job.package.empty() ? desk.jobs.item(job.id, place.name)
                                                       : desk.jobs.result(job.id, place.name);
  const bool has_failed = item && item->state == Item::State::failed;
  if (has_failed && several) return plain(failure_text(*item));
  if (!item || has_failed || item->state == Item::State::waiting) {
    throw Failure(FailureKind::not_found,
                  fmt::format("the job has no result \"{}\" (yet)", quoted(place.name)));
  }
  const Stored stored{fmt::format("{}/{}", job.id, item->file),
                      desk.results.file(job.id, item->file),
                      saved_name(*item),
                      item->media_type,
                      item->start,
                      item->size};
  return has_own_file(*item) ? whole_file(call.request, stored) : part_of_file(stored);
}

http::Response show_parameter(Desk& desk, const dali::Context&, const dali::Call& call,
                              const Place& place) {
  const store::Job job = desk.find(call, place.id);
  std::string values;
  for (const auto& [name, value] : job.parameters) {
    if (equal_ignoring_case(name, place.name)) values.append(value).append("\n");
    if (name != "UPLOAD") continue;
    const dali::UploadedTable table = dali::parse_upload(value);
    if (table.part.empty() || !equal_ignoring_case(table.part, place.name)) continue;
    const std::string absolute = dali::upload_path(desk.results_path, job.id, table);
    return whole_file(call.request, {absolute.substr(desk.results_path.size() + 1), absolute,
                                     table.part, "application/octet-stream"});
  }
  if (!values.empty()) return plain(std::move(values));
  throw Failure(FailureKind::not_found,
                fmt::format("the job has no parameter \"{}\"", quoted(place.name)));
}

}  // namespace soda::uws
