#include "sodactl_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <type_traits>

#include "base/failure.h"
#include "base/text.h"
#include "ingest/ingest.h"
#include "site/access.h"
#include "store/database.h"
#include "store/holdings.h"
#include "store/obscore.h"
#include "store/recorder.h"

namespace sodactl {
namespace {

using namespace soda;
using Clock = std::chrono::steady_clock;

// On a terminal one line that is rewritten ten times a second at most; elsewhere a line every ten
// seconds.
class ProgressDisplay {
 public:
  void operator()(const ingest::Progress& progress) {
    const Clock::time_point now = Clock::now();
    if (now < next_ && progress.done != progress.total) return;
    if (terminal_) {
      next_ = now + std::chrono::milliseconds(100);
      constexpr std::int64_t width = 30;
      const auto filled = static_cast<std::size_t>(
          progress.total > 0 ? width * progress.done / progress.total : width);
      fmt::print(stderr, "\r[{:<{}}] {} of {} {}\033[K", std::string(filled, '='), width,
                 progress.done, progress.total,
                 progress.done == progress.total ? std::string("\n") : quoted(progress.path, 40));
    } else {
      next_ = now + std::chrono::seconds(10);
      fmt::print(stderr, "{} of {} files\n", progress.done, progress.total);
    }
    std::fflush(stderr);
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  Clock::time_point next_{};
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t length : shape)
    text += fmt::format("{}{}", text.empty() ? "" : "x", length);
  return text.empty() ? "-" : text;
}

std::string degrees(const std::optional<double>& value) {
  return value ? fmt::format("{:.5f}", *value) : "-";
}

// RFC 8259 section 7. Paths need not be UTF-8, which JSON must be.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  const bool valid = is_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || (byte >= 0x80 && !valid)) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

// A column's value as text, JSON or for people; empty for NULL.
struct ColumnValue {
  const store::ObsCore& record;
  Format format;
  std::string operator()(std::string store::ObsCore::*member) const {
    const std::string& value = record.*member;
    return value.empty() || format == Format::text ? value : json_string(value);
  }
  std::string operator()(std::int64_t store::ObsCore::*member) const {
    return std::to_string(record.*member);
  }
  std::string operator()(std::optional<std::int64_t> store::ObsCore::*member) const {
    return record.*member ? std::to_string(*(record.*member)) : std::string();
  }
  std::string operator()(std::optional<double> store::ObsCore::*member) const {
    const std::optional<double>& value = record.*member;
    if (!value) return {};
    if (std::isfinite(*value) || format == Format::text) return to_text(*value);
    // As tables in JSON have them (dali/table.h).
    return std::isnan(*value) ? "\"NaN\"" : *value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  }
};

std::string json_object(const store::ListedDataset& dataset) {
  std::string shape;
  for (const std::int64_t length : dataset.shape)
    shape += fmt::format("{}{}", shape.empty() ? "" : ",", length);
  std::string text =
      fmt::format(R"({{"root":{},"path":{},"hdu":{},"shape":[{}])", json_string(dataset.root),
                  json_string(dataset.path), dataset.hdu, shape);
  for (const store::ObsCoreColumn& column : store::obscore_columns()) {
    const std::string value = std::visit(ColumnValue{dataset.obscore, Format::json}, column.member);
    text += fmt::format(R"(,"{}":{})", column.name, value.empty() ? "null" : value);
  }
  return text + "}";
}

void print_hdu(const store::HduRecord& hdu) {
  fmt::print("  HDU {} {} {}", hdu.index, hdu.extname.empty() ? "-" : quoted(hdu.extname),
             hdu.kind);
  if (!hdu.shape.empty()) fmt::print(" {} BITPIX {}", shape_text(hdu.shape), hdu.bitpix);
  if (hdu.grid >= 0) fmt::print(" grid {}", hdu.grid);
  if (!hdu.compression.empty()) fmt::print(" {} tiles {}", hdu.compression, shape_text(hdu.tile));
  fmt::print(" header at {} ({} cards), data at {} ({} bytes)", hdu.header_offset,
             hdu.cards.size() / 80, hdu.data_offset, hdu.data_length);
  if (!hdu.outline.empty()) fmt::print(", outline of {} points", hdu.outline.size() / 2);
  if (!hdu.arrays.empty()) fmt::print(", {} arrays", hdu.arrays.size());
  fmt::print("\n");
}

}  // namespace

int ingest(const site::Config& config, const std::string& collection,
           const std::vector<std::string>& paths) {
  store::Database database(config.text("database"), store::Database::Mode::read_write);
  ingest::Options options;
  options.collection = collection;
  options.paths = paths;
  ProgressDisplay display;
  const ingest::Report report = ingest::ingest(config, database, options, std::ref(display));
  for (const ingest::Unreadable& file : report.unreadable) {
    fmt::print("unreadable: {}: {}\n", quoted(file.path, 4096), file.reason);
  }
  fmt::print(
      "{} new, {} changed, {} unchanged, {} vanished, {} unreadable, {} other files; {} data sets "
      "written, {} in all\n",
      report.added, report.changed, report.unchanged, report.vanished, report.unreadable.size(),
      report.other, report.datasets, store::count_datasets(database));
  return 0;
}

int check(const site::Config& config) {
  for (const site::Setting& setting : site::settings()) {
    fmt::print("{} = {}  ({})\n", setting.name, config.shown(setting.name),
               config.origin(setting.name));
  }
  for (const auto& [name, folder] : config.data_roots())
    fmt::print("data root {} = {}\n", name, folder);
  store::Database database(config.text("database"), store::Database::Mode::read_only);
  const std::int64_t datasets = store::count_datasets(database);
  const std::string state = database.check();
  fmt::print("data base: schema version {}, {} data sets, {}\n", store::schema_version, datasets,
             state);
  const auto notice = store::last_notice(database);
  if (notice && !notice->has_ended(std::chrono::system_clock::now())) {
    fmt::print("notice: {}\n", told(*notice));
  }
  site::Access access(config);  // reads the key file
  if (!access.can_sign()) fmt::print("keys: none, no signed addresses\n");
  const std::vector<ingest::Unreadable> problems = ingest::audit(config, database);
  for (const ingest::Unreadable& file : problems)
    fmt::print("{}: {}\n", quoted(file.path, 4096), file.reason);
  fmt::print("{} problems with files\n", problems.size());
  return state == "ok" && problems.empty() ? 0 : 1;
}

int list(const site::Config& config, const std::string& collection, Format format) {
  store::Database database(config.text("database"), store::Database::Mode::read_only);
  const char* separator = "[";
  store::list_datasets(database, collection, [&](const store::ListedDataset& dataset) {
    const store::ObsCore& record = dataset.obscore;
    if (format == Format::json) {
      fmt::print("{}\n{}", separator, json_object(dataset));
      separator = ",";
      return;
    }
    fmt::print("{} {} {} {} {} {}\n", record.obs_publisher_did,
               record.dataproduct_type.empty() ? "-" : record.dataproduct_type,
               degrees(record.s_ra), degrees(record.s_dec), shape_text(dataset.shape),
               record.target_name.empty() ? "-" : quoted(record.target_name));
  });
  if (format == Format::json) fmt::print("{}\n", *separator == '[' ? "[]" : "\n]");
  return 0;
}

int show(const site::Config& config, const std::string& id) {
  store::Holdings holdings(
      std::make_shared<store::Database>(config.text("database"), store::Database::Mode::read_only));
  const std::shared_ptr<const store::Dataset> dataset = holdings.find(id);
  if (!dataset)
    throw Failure(FailureKind::not_found, fmt::format("there is no data set \"{}\"", quoted(id)),
                  "ID");
  for (const store::ObsCoreColumn& column : store::obscore_columns()) {
    const std::string value =
        std::visit(ColumnValue{dataset->obscore, Format::text}, column.member);
    if (value.empty()) continue;
    fmt::print("{} = {}{}{}\n", column.name, quoted(value, 20000), column.unit.empty() ? "" : " ",
               column.unit);
  }
  const store::FileRecord& file = dataset->holding->file;
  fmt::print("file = {} below data root {}{}\n", quoted(file.path, 4096), file.root,
             file.gzipped ? " (gzipped)" : "");
  fmt::print("size = {} bytes\n", file.size);
  fmt::print("HDU = {}\n", dataset->hdu < 0 ? std::string("all") : std::to_string(dataset->hdu));
  for (const store::HduRecord& hdu : dataset->holding->hdus) print_hdu(hdu);
  return 0;
}

}  // namespace sodactl
