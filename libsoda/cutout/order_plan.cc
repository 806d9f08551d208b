// Parameters and positions -> items.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "cutout/extensions.h"
#include "cutout/order.h"
#include "cutout/params.h"
#include "cutout/positions.h"
#include "dali/fault.h"
#include "dali/literal.h"
#include "dali/table_file.h"
#include "dali/upload.h"
#include "store/query.h"

namespace soda::cutout {
namespace {

// Where the file of an item lies: what the order of work goes by.
struct Place {
  std::string file;
  int hdu = 0;
};

// A data set as the planner remembers it: not in memory, ten thousand of them may be asked for.
struct Known {
  bool found = false;
  Place place;
  std::optional<Failure> failure;  // why nothing of it can be cut
};

std::int64_t inflated_limit(const dali::Context& context) {
  // Of a table in which nothing but its rows is of use: a line of 1 KiB each, and a beginning.
  return (std::int64_t{16} << 20) + context.config.integer("max_items") * 1024;
}

class OrderPlanner {
 public:
  OrderPlanner(const dali::Context& context, Desk& desk, const store::Job& job, const Order& order)
      : context_(context),
        desk_(desk),
        job_(job),
        order_(order),
        limit_{context.config.integer("max_items"), "cuts of a job (max_items)"} {}

  dali::Plan run() {
    if (const auto upload = order_.arguments.one("UPLOAD")) {
      for (const auto& position : read_positions(*upload)) add_position(position);
    } else {
      if (!order_.arguments.has("ID")) {
        throw Failure(
            FailureKind::usage,
            "ID is missing: it names the data sets to cut (or UPLOAD a table of positions)", "ID");
      }
      for (auto& combination : combinations(order_.arguments, limit_)) {
        add_cut(std::move(combination), {});
      }
    }
    if (!any_good_ && first_failure_) throw Failure(*first_failure_);
    return finish();
  }

 private:
  std::vector<Position> read_positions(const std::string& upload) const {
    TableLimits limits;
    limits.bytes = inflated_limit(context_);
    limits.rows = limit_.count;
    std::vector<Position> positions;
    try {
      PositionReader reader(
          dali::open_table(dali::uploaded_file(context_, job_.id, dali::parse_upload(upload)),
                           limits),
          own_size());
      for (Position position; reader.next(position);) positions.push_back(std::move(position));
    } catch (const Failure& failure) {
      if (failure.parameter() == "UPLOAD") throw;
      throw Failure(failure.kind(), fmt::format("UPLOAD: {}", failure.what()), "UPLOAD");
    }
    if (positions.empty()) {
      throw Failure(FailureKind::usage, "UPLOAD: the table has no rows", "UPLOAD");
    }
    return positions;
  }

  std::string own_size() const {
    if (const auto radius = order_.arguments.one("RADIUS")) return "CIRCLE " + *radius;
    if (const auto box = order_.arguments.one("BOX")) return "BRECT " + *box;
    return {};
  }

  std::vector<http::Field> alternatives(const std::string& name,
                                        const std::optional<std::string>& own) const {
    std::vector<http::Field> fields;
    if (own) return {{name, *own}};
    for (const auto& value : order_.arguments.all(name)) fields.push_back({name, value});
    return fields;
  }

  void add_position(const Position& position) {
    const std::string row = fmt::format("row {}", position.row);
    if (!position.fault.empty()) return add_idle({{}, position.fault, {}}, row);
    const auto ids = alternatives("ID", position.id);
    const auto all = combinations({ids,
                                   {position.shape},
                                   alternatives("BAND", position.band),
                                   alternatives("TIME", position.time)},
                                  limit_);
    for (const auto& combination : all) {
      std::optional<Cut> cut;
      try {
        cut = parse_cut(single_request(order_.common, combination), desk_.max_vertices);
      } catch (const Failure& failure) {
        add_idle({{}, fmt::format("{}: {}", row, failure.what()), {}}, row);
        continue;
      }
      if (!ids.empty()) {
        add_cut(combination, row);
      } else {
        add_found(position, *cut, combination);
      }
    }
  }

  void add_found(const Position& position, const Cut& cut, const Combination& combination) {
    const std::string row = fmt::format("row {}", position.row);
    bool any = false;
    for (const auto& id : find_images(position, cut)) {
      // What the archive knows from a catalogue only has no file to cut.
      if (!known(id).found) continue;
      any = true;
      Combination one{{"ID", id}};
      one.insert(one.end(), combination.begin(), combination.end());
      add_cut(std::move(one), row);
    }
    if (any) return;
    add_idle({{}, {}, "POS: no image that was asked for has the position of " + row},
             fmt::format("{}: {}", row, position.shape.value));
    any_good_ = true;
  }

  // In the order of time, those without one first; the newest ones where there are too many.
  std::vector<std::string> find_images(const Position& position, const Cut& cut) const {
    store::Question question;
    // A point: its footprint's edges included, as regions are closed.
    question.positions.emplace_back(sky::Circle(position.at, sky::Angle::from_degrees(1e-9)));
    if (cut.band) question.bands.push_back(*cut.band);
    if (cut.time) question.times.push_back(*cut.time);
    question.obs_collection = position.collection ? std::vector{*position.collection}
                                                  : order_.arguments.all("COLLECTION");
    question.instrument_name = order_.arguments.all("INSTRUMENT");
    question.limit = limit_.count;
    std::vector<std::pair<double, std::string>> found;
    store::Answer answer =
        store::answer(context_.database, std::move(question), {"obs_publisher_did", "t_min"});
    while (answer.next()) {
      const auto cells = answer.row();
      const auto* id = std::get_if<std::string_view>(&cells[0]);
      const auto* time = std::get_if<double>(&cells[1]);
      if (id) found.emplace_back(time ? *time : -HUGE_VAL, *id);
    }
    if (answer.overflowed()) refuse_more();
    std::ranges::sort(found);
    std::size_t first = 0;
    if (const auto most = order_.arguments.one("MAXPERPOS")) {
      const auto kept =
          static_cast<std::size_t>(dali::parse_integer("MAXPERPOS", *most, 1, INT64_MAX));
      first = found.size() - std::min(found.size(), kept);
    }
    std::vector<std::string> ids;
    for (std::size_t i = first; i < found.size(); ++i) ids.push_back(std::move(found[i].second));
    return ids;
  }

  const Known& known(const std::string& id) {
    const auto [at, is_new] = known_.try_emplace(to_lower(id));
    if (is_new) at->second = look_up(id);
    return at->second;
  }

  Known look_up(const std::string& id) const {
    Known known;
    try {
      const auto dataset = find_dataset(context_, id);
      const auto& file = dataset->holding->file;
      known.found = true;
      known.place = {file.root + "/" + file.path, dataset->hdu};
      admit_owner(context_, job_, *dataset);
      if (order_.output.output == Output::multi_fits) require_joinable(*dataset->holding, id);
    } catch (const Failure& failure) {
      if (failure.parameter() == "RESPONSEFORMAT" || failure.kind() == FailureKind::unavailable) {
        throw;
      }
      known.failure = failure;
    }
    return known;
  }

  void add_cut(Combination combination, std::string_view row) {
    const std::string id = combination.front().value;
    const Known& data = known(id);
    if (data.failure && !first_failure_) first_failure_ = *data.failure;
    any_good_ = any_good_ || !data.failure;
    std::string label(row);
    for (const auto& field : combination) {
      label += fmt::format("{}{}", label.empty() ? "" : " ", field.value);
    }
    add({std::move(combination), {}, {}}, quoted(label, 400), data.place);
  }

  void add_idle(Errand errand, std::string label) {
    if (!errand.refused.empty() && !first_failure_) {
      first_failure_.emplace(FailureKind::usage, "UPLOAD: " + errand.refused, "UPLOAD");
    }
    add(errand, std::move(label), {});
  }

  void add(const Errand& errand, std::string label, Place place) {
    if (static_cast<std::int64_t>(items_.size()) >= limit_.count) refuse_more();
    store::Item item;
    item.number = static_cast<std::int64_t>(items_.size()) + 1;
    item.name = fmt::format("cutout-{}", item.number);
    item.label = std::move(label);
    item.work = text_of(errand);
    item.group = place.file;
    items_.push_back({std::move(item), place.hdu});
  }

  [[noreturn]] void refuse_more() const {
    throw Failure(
        FailureKind::too_large,
        fmt::format("at most {} {} are accepted, and there are more", limit_.count, limit_.what));
  }

  dali::Plan finish() {
    const auto separate = context_.config.integer("max_separate");
    const auto count = static_cast<std::int64_t>(items_.size());
    if (!is_package(order_.output.output) && count > separate) {
      throw Failure(FailureKind::too_large,
                    fmt::format("RESPONSEFORMAT: at most {} results are files of their own "
                                "(max_separate), and the job has {}; ask for application/x-tar, "
                                "application/zip, multi-fits or fits-table",
                                separate, count),
                    "RESPONSEFORMAT");
    }
    std::ranges::sort(items_, [](const Entry& a, const Entry& b) {
      return std::tie(a.item.group, a.hdu, a.item.number) <
             std::tie(b.item.group, b.hdu, b.item.number);
    });
    dali::Plan plan;
    plan.items.reserve(items_.size());
    for (auto& entry : items_) plan.items.push_back(std::move(entry.item));
    plan.package = package_name();
    return plan;
  }

  std::string package_name() const {
    static const std::map<Output, std::string> names = {{Output::tar, "cutouts.tar"},
                                                        {Output::zip, "cutouts.zip"},
                                                        {Output::multi_fits, "cutouts.fits"},
                                                        {Output::fits_table, "cutouts.fits"}};
    const auto found = names.find(order_.output.output);
    return found == names.end() ? std::string() : found->second;
  }

  struct Entry {
    store::Item item;
    int hdu;
  };

  const dali::Context& context_;
  Desk& desk_;
  const store::Job& job_;
  const Order& order_;
  CombinationLimit limit_;
  std::map<std::string, Known> known_;
  std::vector<Entry> items_;
  std::optional<Failure> first_failure_;
  bool any_good_ = false;
};

}  // namespace

dali::Plan plan_order(const dali::Context& context, Desk& desk, const store::Job& job,
                      const Order& order) {
  return OrderPlanner(context, desk, job, order).run();
}

}  // namespace soda::cutout
