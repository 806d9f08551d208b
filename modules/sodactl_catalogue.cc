// Rows without files: sodactl import, export, retract.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/blocks.h"
#include "base/failure.h"
#include "base/handle.h"
#include "base/text.h"
#include "dali/table.h"
#include "ingest/catalogue.h"
#include "ingest/own_table.h"
#include "sodactl_commands.h"
#include "store/columns.h"
#include "store/database.h"
#include "store/own_tables.h"
#include "store/query.h"
#include "store/recorder.h"

namespace sodactl {
namespace {

using namespace soda;

Failure unwritable(int error) {
  return {FailureKind::unavailable,
          fmt::format("the output cannot be written ({})", std::strerror(error))};
}

void close_file(std::FILE* file) noexcept { std::fclose(file); }

// Standard output, or a file that gets its name when it is whole.
class Output {
 public:
  explicit Output(const std::string& path) : path_(path) {
    if (path.empty()) return;
    partial_ = path + ".part";
    file_.reset(std::fopen(partial_.c_str(), "wb"));
    if (file_ == nullptr) throw unwritable(errno);
  }
  ~Output() {
    if (!partial_.empty()) std::remove(partial_.c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view bytes) {
    std::FILE* const to = file_ != nullptr ? file_.get() : stdout;
    if (std::fwrite(bytes.data(), 1, bytes.size(), to) != bytes.size()) throw unwritable(errno);
  }
  void finish() {
    if (file_ == nullptr) return;
    if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0 ||
        std::rename(partial_.c_str(), path_.c_str()) != 0) {
      throw unwritable(errno);
    }
    partial_.clear();
  }

 private:
  std::string path_, partial_;
  Handle<std::FILE, close_file> file_;
};

struct NamedForm {
  std::string_view name;
  dali::TableForm form;
};
constexpr std::array forms = {
    NamedForm{"votable", dali::TableForm::tabledata},
    NamedForm{"binary2", dali::TableForm::binary2}, NamedForm{"csv", dali::TableForm::csv},
    NamedForm{"tsv", dali::TableForm::tsv}, NamedForm{"json", dali::TableForm::json}};

// At most one line a second on a terminal, every ten seconds elsewhere.
class RowProgress {
 public:
  void operator()(std::int64_t rows) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::seconds(terminal_ ? 1 : 10);
    fmt::print(stderr, "{}{} rows{}", terminal_ ? "\r" : "", rows, terminal_ ? "\033[K" : "\n");
    shown_ = true;
    std::fflush(stderr);
  }
  ~RowProgress() {
    if (terminal_ && shown_) fmt::print(stderr, "\n");
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + quoted(name);
  return text;
}

}  // namespace

std::vector<std::string> export_formats() {
  std::vector<std::string> names;
  for (const NamedForm& form : forms) names.emplace_back(form.name);
  return names;
}

namespace {

// What came of an import, but for its last line.
void print_rejected(const ingest::ImportReport& report) {
  for (const ingest::RejectedRow& one : report.examples) {
    fmt::print("rejected: row {}: {}\n", one.row, one.reason);
  }
  const auto shown = static_cast<std::int64_t>(report.examples.size());
  if (report.rejected > shown) fmt::print("rejected: and {} more\n", report.rejected - shown);
}

}  // namespace

int import_rows(const site::Config& config, const std::string& file,
                const std::string& collection) {
  store::Database database(config.text("database"), store::Database::Mode::read_write);
  ingest::ImportOptions options;
  options.collection = collection;
  options.own = config.columns();
  const ingest::ImportReport report = [&] {
    RowProgress progress;
    return ingest::import_catalogue(database, file, options, std::ref(progress));
  }();
  if (!report.ignored.empty()) fmt::print("ignored columns: {}\n", joined(report.ignored));
  print_rejected(report);
  fmt::print("{} rows imported, {} rejected; {} data sets in all\n", report.imported,
             report.rejected, store::count_datasets(database));
  if (report.broken.empty()) return 0;
  fmt::print(stderr, "sodactl: the table breaks off: {}\n", report.broken);
  return 1;
}

int import_own_table(const site::Config& config, const std::string& file, const std::string& name) {
  store::Database database(config.text("database"), store::Database::Mode::read_write);
  const ingest::ImportReport report = [&] {
    RowProgress progress;
    return ingest::import_table(database, file, name, config.tables(), std::ref(progress));
  }();
  print_rejected(report);
  fmt::print("{} rows imported into {}, {} rejected\n", report.imported, name, report.rejected);
  return 0;
}

int retract_own_table(const site::Config& config, const std::string& name) {
  store::Database database(config.text("database"), store::Database::Mode::read_write);
  const bool found = store::drop_own_table(database, name);
  fmt::print("{}{}\n", quoted(name), found ? " retracted" : ": there is no such table");
  return found ? 0 : 1;
}

int export_rows(const site::Config& config, const std::string& format, const std::string& file) {
  const auto* const form = std::ranges::find(forms, format, &NamedForm::name);
  if (form == forms.end()) {
    throw Failure(FailureKind::usage, fmt::format("there is no format \"{}\"", quoted(format)));
  }
  store::Database database(config.text("database"), store::Database::Mode::read_only);
  std::vector<Column> columns = store::all_columns(database);
  std::vector<std::string> names;
  for (Column& column : columns) {
    names.push_back(column.name);
    // Nothing may be lost: a char is ASCII (xml/votable.h). Timestamps and regions are.
    if (column.datatype == "char" && column.xtype.empty()) column.datatype = "unicodeChar";
  }
  xml::ResultTable table;
  table.name = "obscore";
  table.fields = xml::fields_of(columns);
  Output output(file);
  Blocks blocks([&](std::string_view block) { output.write(block); });
  const auto writer = dali::make_table_writer(form->form, std::move(table), blocks);
  store::Answer answer = store::answer(database, {}, names);
  while (answer.next()) writer->row(answer.row());
  writer->finish({});
  blocks.flush();
  output.finish();
  return 0;
}

int retract_rows(const site::Config& config, const std::vector<std::string>& ids) {
  store::Database database(config.text("database"), store::Database::Mode::read_write);
  store::Recorder recorder(database);
  std::vector<std::string> unknown;
  database.transaction([&] {
    for (const std::string& id : ids) {
      if (!recorder.retract(id)) unknown.push_back(id);
    }
  });
  for (const std::string& id : unknown) fmt::print("there is no data set {}\n", quoted(id, 4096));
  fmt::print("{} retracted; {} data sets in all\n", ids.size() - unknown.size(),
             store::count_datasets(database));
  return unknown.empty() ? 0 : 1;
}

}  // namespace sodactl
