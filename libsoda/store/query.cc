#include "store/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/failure.h"
#include "store/candidates.h"
#include "store/columns.h"
#include "store/criteria.h"
#include "store/id_set.h"
#include "store/obscore.h"

namespace soda::store {
namespace {

sky::Box box_of(const Statement& row) {
  sky::Box box;
  for (std::size_t k = 0; k < 3; ++k) {
    const int column = 1 + 2 * static_cast<int>(k);
    box.lo[k] = row.real(column);
    box.hi[k] = row.real(column + 1);
  }
  return box;
}

// Whether the box alone tells that there is a footprint, and that it lies in the region. A box of
// hardly any size may be that of a position without a footprint.
bool tells_of_footprint(const sky::Box& box, std::span<const double> envelope) {
  constexpr double position = 1e-6;  // the tree's numbers have 24 bits
  const bool large = box.hi[0] - box.lo[0] > position || box.hi[1] - box.lo[1] > position ||
                     box.hi[2] - box.lo[2] > position;
  return large && sky::relate(box, envelope) == sky::BoxRelation::inside;
}

// Rows are read so many at a time: one run of a statement for each would take 1.7 times as long.
constexpr int group = 32;

std::string fetch_statement(std::string_view columns) {
  std::string numbers;
  for (int index = 1; index <= group; ++index)
    numbers += fmt::format("{}?{}", index > 1 ? ", " : "", index);
  return fmt::format("SELECT id, {}, file IS NOT NULL FROM dataset WHERE id IN ({})", columns,
                     numbers);
}

[[noreturn]] void damaged() {
  throw Failure(FailureKind::unavailable,
                "The archive's data base is damaged: an index does not fit its table.");
}

}  // namespace

struct Answer::Impl {
  Impl(Database& of, Question question, const std::vector<std::string>& names)
      : database(of),
        snapshot(of),
        limit(question.limit),
        criteria(std::make_unique<Criteria>(std::move(question))) {
    choose_columns(names);
    if (criteria->hopeless()) {
      finished = true;
      path.name = "none";
      return;
    }
    path = best_path(database, *criteria);
    must_test = criteria->count() > (path.exact ? 1 : 0);
    only_sky = path.of_sky && criteria->count() == 1;
  }

  void choose_columns(const std::vector<std::string>& names) {
    const auto standard = obscore_columns();
    std::vector<Column> own;
    std::string list;
    for (const std::string& name : names) {
      const auto is_it = [&](const Column& each) { return each.name == name; };
      if (const auto it = std::find_if(standard.begin(), standard.end(), is_it);
          it != standard.end()) {
        types.push_back(it->type);
      } else {
        if (own.empty()) own = own_columns(database);
        const auto it_own = std::find_if(own.begin(), own.end(), is_it);
        if (it_own == own.end())
          throw Failure(FailureKind::internal, fmt::format("There is no column \"{}\".", name));
        types.push_back(it_own->type);
      }
      list += (list.empty() ? "" : ", ") + name;
    }
    if (!list.empty()) fetch_sql = fetch_statement(list);
    cells.resize(names.size());
  }

  // The next row to hand over: its number, and its cells if there are any.
  bool next() {
    if (limit && handed >= *limit) {
      overflow = overflow || advance();
      return false;
    }
    if (fetch_sql.empty() ? !advance() : !fetch()) return false;
    if (fetch_sql.empty()) handed_id = id;
    ++handed;
    return true;
  }

  // The next row that satisfies the question; its number is `id`.
  bool advance() {
    while (!finished) {
      if (!scan) {
        if (next_scan == path.scans) break;
        scan.emplace(database.prepare(*path.sql));
        path.bind(*scan, next_scan++);
      }
      if (!scan->step()) {
        scan.reset();
        continue;
      }
      id = scan->integer(0);
      if (!satisfies()) continue;
      if (!path.repeats || seen.insert(id)) return true;
    }
    finished = true;
    return false;
  }

  bool satisfies() {
    if (!must_test) return true;
    // The probe whose envelope led here; a row that meets another only comes with that.
    const sky::Probe* probe = path.of_sky ? &criteria->probes()[next_scan - 1] : nullptr;
    if (only_sky && tells_of_footprint(box_of(*scan), probe->envelope())) return true;
    const Statement& row = row_of(judged, criteria->statement());
    if (!criteria->satisfied_by(row)) return false;
    return probe != nullptr ? Criteria::met_by(*probe, row) : criteria->met_by_any_probe(row);
  }

  // Runs a statement that picks one row for the present id.
  const Statement& row_of(std::optional<Statement>& statement, const std::string& sql) {
    if (!statement) statement.emplace(database.prepare(sql));
    statement->reset().bind(1, id);
    if (!statement->step()) damaged();
    return *statement;
  }

  bool fetch() {
    if (waiting == 0) find_group();
    if (waiting == 0) return false;
    if (!fetched->step()) damaged();
    --waiting;
    handed_id = fetched->integer(0);
    for (std::size_t i = 0; i < cells.size(); ++i)
      cells[i] = cell(static_cast<int>(i) + 1, types[i]);
    has_file = fetched->integer(static_cast<int>(cells.size()) + 1) != 0;
    return true;
  }

  // Begins to read the next rows that are found.
  void find_group() {
    const auto most = std::min<std::int64_t>(group, limit ? *limit - handed : group);
    if (!fetched) fetched.emplace(database.prepare(fetch_sql));
    fetched->reset();
    while (waiting < most && advance()) fetched->bind(++waiting, id);
    for (int index = waiting + 1; index <= group; ++index) fetched->bind_null(index);
  }

  Cell cell(int column, ColumnType type) const {
    if (type == ColumnType::text) {
      const std::string_view text = fetched->text(column);
      return text.data() == nullptr ? Cell() : Cell(text);
    }
    if (fetched->is_null(column)) return {};
    if (type == ColumnType::integer) return fetched->integer(column);
    return fetched->real(column);
  }

  Database& database;
  Snapshot snapshot;
  std::optional<std::int64_t> limit;
  std::unique_ptr<Criteria> criteria;
  std::string fetch_sql;
  std::vector<ColumnType> types;
  std::vector<Cell> cells;

  Path path;
  bool must_test = true, only_sky = false;
  std::optional<Statement> scan, judged, fetched;
  std::size_t next_scan = 0;
  IdSet seen;
  std::int64_t id = 0, handed = 0, handed_id = 0;
  int waiting = 0;  // rows that `fetched` has yet to give
  bool finished = false, overflow = false, has_file = false;
};

Answer::Answer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Answer::Answer(Answer&&) noexcept = default;
Answer::~Answer() = default;

bool Answer::next() { return impl_->next(); }

std::span<const Cell> Answer::row() const noexcept { return impl_->cells; }
std::int64_t Answer::id() const noexcept { return impl_->handed_id; }
bool Answer::has_file() const noexcept { return impl_->has_file; }
bool Answer::overflowed() const noexcept { return impl_->overflow; }
std::string_view Answer::path() const noexcept { return impl_->path.name; }

Answer answer(Database& database, Question question, const std::vector<std::string>& columns) {
  return Answer(std::make_unique<Answer::Impl>(database, std::move(question), columns));
}

std::vector<std::string> distinct_values(Database& database, std::string_view column,
                                         std::size_t limit) {
  const Snapshot snapshot(database);
  return values_of(database, column, limit);
}

}  // namespace soda::store
