#include "tap/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/text.h"
#include "tap/conditions.h"

namespace soda::tap {
namespace {

// Beyond such a radius the index of another column may lead to fewer rows: SQLite chooses.
constexpr double wide_reach = 20;

bool holds(const std::vector<const Source*>& list, const Source* source) {
  return std::ranges::find(list, source) != list.end();
}

class Plan {
 public:
  Plan(const Joined& joined, const Condition& where) : joined_(joined), where_(where) {
    for (const Near& near : where.near) {
      const bool here = holds(joined.sources, near.source) &&
                        std::ranges::all_of(near.needs, [&](const Source* each) {
                          return holds(joined.sources, each);
                        });
      if (!here) continue;
      (near.constant && near.reach > wide_reach ? wide_ : nears_).push_back(&near);
    }
  }

  void make() {
    while (const Near* next = ready()) place_by_tree(*next);
    for (const Source* first = driver(); first != nullptr; first = driver()) {
      place(first);
      while (const Near* next = ready()) place_by_tree(*next);
    }
    for (const Joined::Part& part : joined_.parts) {
      if (!holds(placed_, part.source)) add(part.sql, " JOIN ");
    }
    for (const Near* near : wide_) {
      if (holds(placed_, near->source)) continue;
      conditions_.push_back(in_index(*near));
      placed_.push_back(near->source);
    }
  }

  std::string text() const { return text_; }
  const std::vector<std::string>& conditions() const { return conditions_; }
  std::size_t trees() const { return trees_; }

 private:
  // An index condition of a table that is not yet placed, all that it depends on being placed.
  const Near* ready() const {
    for (const Near* near : nears_) {
      if (holds(placed_, near->source)) continue;
      if (std::ranges::all_of(near->needs,
                              [&](const Source* each) { return holds(placed_, each); }))
        return near;
    }
    return nullptr;
  }

  // The table to begin with, when places depend on tables: rather one of which few rows are
  // wanted, one that has no index to be found by, an upload.
  const Source* driver() const {
    const Source* best = nullptr;
    int best_rank = -1;
    for (const Near* near : nears_) {
      if (holds(placed_, near->source)) continue;
      for (const Source* each : near->needs) {
        if (holds(placed_, each)) continue;
        const bool target =
            std::ranges::any_of(nears_, [&](const Near* other) { return other->source == each; });
        const bool upload = equal_ignoring_case(each->schema, "TAP_UPLOAD") ||
                            (each->table && equal_ignoring_case(each->table->schema, "TAP_UPLOAD"));
        const int rank =
            (holds(where_.anchored, each) ? 4 : 0) + (target ? 0 : 2) + (upload ? 1 : 0);
        if (rank > best_rank) {
          best = each;
          best_rank = rank;
        }
      }
    }
    return best;
  }

  void add(const std::string& item, std::string_view word) {
    if (!text_.empty()) text_ += word;
    text_ += item;
  }

  void place(const Source* source) {
    const auto part = std::ranges::find(joined_.parts, source, &Joined::Part::source);
    add(part->sql, " CROSS JOIN ");
    placed_.push_back(source);
  }

  void place_by_tree(const Near& near) {
    const PositionIndex& index = *near.source->table->index;
    const std::string tree = "x" + near.source->sql_name;
    add(fmt::format("{} AS {}", index.rtree, tree), " CROSS JOIN ");
    place(near.source);
    conditions_.push_back(fmt::format("{}.\"id\" MATCH adql_near({})", tree, near.arguments));
    conditions_.push_back(fmt::format("{} = {}.\"id\"", with_alias(index.row, *near.source), tree));
    ++trees_;
  }

  const Joined& joined_;
  const Condition& where_;
  std::vector<const Near*> nears_, wide_;
  std::vector<const Source*> placed_;
  std::string text_;
  std::vector<std::string> conditions_;
  std::size_t trees_ = 0;
};

void add_condition(Condition& where, const std::string& sql) {
  Condition more;
  more.sql = sql;
  where = both(std::move(more), std::move(where));
}

}  // namespace

std::string planned(Joined& joined, Condition& where) {
  Plan plan(joined, where);
  plan.make();
  joined.size.tables += plan.trees();
  const std::vector<std::string> conditions = plan.conditions();
  where.near.clear();
  for (auto each = conditions.rbegin(); each != conditions.rend(); ++each)
    add_condition(where, *each);
  return plan.text();
}

void help(const Joined& joined, Condition& where) {
  std::vector<const Source*> helped;
  const std::vector<Near> nears = std::move(where.near);
  where.near.clear();
  for (const Near& near : nears) {
    if (!holds(joined.sources, near.source) || holds(helped, near.source)) continue;
    helped.push_back(near.source);
    add_condition(where, in_index(near));
  }
}

}  // namespace soda::tap
