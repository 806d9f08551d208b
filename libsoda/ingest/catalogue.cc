#include "ingest/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/failure.h"
#include "base/table_reader.h"
#include "dali/table_file.h"
#include "ingest/catalogue_columns.h"
#include "store/recorder.h"

namespace soda::ingest {
namespace {

void need_columns(const CatalogueColumns& columns, const ImportOptions& options) {
  constexpr std::array<std::string_view, 3> needed = {"obs_publisher_did", "obs_id", "calib_level"};
  const auto missing =
      std::ranges::find_if_not(needed, [&](std::string_view name) { return columns.has(name); });
  if (missing != needed.end()) {
    throw Failure(
        FailureKind::usage,
        fmt::format("the table has no column {}, neither by name nor by utype", *missing));
  }
  if (options.collection.empty() && !columns.has("obs_collection")) {
    throw Failure(FailureKind::usage,
                  "the table has no column obs_collection, and no collection is named for it");
  }
}

class Import {
 public:
  Import(store::Database& database, TableReader& table, const ImportOptions& options,
         const std::function<void(std::int64_t)>& progress)
      : database_(database),
        table_(table),
        options_(options),
        progress_(progress),
        recorder_(database, options.own),
        columns_(table.columns(), recorder_.own()) {
    need_columns(columns_, options);
    report_.ignored = columns_.ignored();
  }

  ImportReport go() {
    try {
      while (take_next()) {
        if (table_.row_number() - written_ >= static_cast<std::int64_t>(options_.batch)) write();
      }
    } catch (const Failure& failure) {
      if (writing_ || failure.kind() == FailureKind::internal) throw;
      report_.broken = failure.what();
    }
    write();
    return std::move(report_);
  }

 private:
  // False at the end of the table.
  bool take_next() {
    try {
      if (!table_.next()) return false;
    } catch (const RowFailure& failure) {
      reject(table_.row_number(), failure.reason());
      return true;
    }
    store::CatalogueRow row;
    std::string defect = columns_.fill(table_.row(), row);
    if (defect.empty()) {
      if (row.obscore.obs_collection.empty()) row.obscore.obs_collection = options_.collection;
      batch_.push_back(std::move(row));
      rows_.push_back(table_.row_number());
    } else {
      reject(table_.row_number(), std::move(defect));
    }
    return true;
  }

  void write() {
    writing_ = true;
    if (!batch_.empty()) {
      std::vector<store::Rejected> rejected;
      database_.transaction([&] { rejected = recorder_.import_rows(batch_); });
      for (store::Rejected& one : rejected) reject(rows_[one.row], std::move(one.reason));
      report_.imported += static_cast<std::int64_t>(batch_.size() - rejected.size());
      batch_.clear();
      rows_.clear();
    }
    settle_examples();
    written_ = table_.row_number();
    if (progress_) progress_(written_);
    writing_ = false;
  }

  void reject(std::int64_t row, std::string reason) {
    ++report_.rejected;
    // Those of a batch do not come in order: as many as may be among the first are kept.
    if (settled_ < most_examples) report_.examples.push_back({row, std::move(reason)});
  }

  void settle_examples() {
    std::ranges::sort(report_.examples, {}, &RejectedRow::row);
    if (report_.examples.size() > most_examples) report_.examples.resize(most_examples);
    settled_ = report_.examples.size();
  }

  store::Database& database_;
  TableReader& table_;
  const ImportOptions& options_;
  const std::function<void(std::int64_t)>& progress_;
  store::Recorder recorder_;
  CatalogueColumns columns_;
  std::vector<store::CatalogueRow> batch_;
  std::vector<std::int64_t> rows_;  // their numbers in the table
  std::int64_t written_ = 0;        // the last row of the last batch
  std::size_t settled_ = 0;         // examples of earlier batches
  bool writing_ = false;
  ImportReport report_;
};

}  // namespace

ImportReport import_catalogue(store::Database& database, const std::string& path,
                              const ImportOptions& options,
                              const std::function<void(std::int64_t)>& progress) {
  const std::unique_ptr<TableReader> table = dali::open_table(path, TableLimits());
  return Import(database, *table, options, progress).go();
}

}  // namespace soda::ingest
