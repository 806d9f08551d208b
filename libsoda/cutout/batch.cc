#include "cutout/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/failure.h"
#include "cutout/look.h"
#include "cutout/order.h"
#include "cutout/package.h"
#include "cutout/params.h"
#include "cutout/picture.h"

namespace soda::cutout {
namespace {

using store::Item;

sky::Direction middle_of(const Shape& shape) {
  if (const auto* rectangle = std::get_if<PixelRectangle>(&shape)) return rectangle->centre;
  return sky::bounding_circle(std::get<sky::Region>(shape)).centre();
}

// An item as a cut that can be asked for.
struct Asked {
  std::shared_ptr<const store::Dataset> dataset;
  Cut cut;
};

class Batch final : public dali::Work {
 public:
  explicit Batch(const dali::Context& context) : desk_(context.config) {}

  void check(const dali::Context& context, const store::Job& job) override {
    const Order order(job);
    check_order(context, desk_, order);
    const bool begins = job.phase != store::Phase::pending;
    if (begins && !order.arguments.has("ID") && !order.arguments.has("UPLOAD")) {
      throw Failure(FailureKind::usage,
                    "ID is missing: it names the data sets to cut (or UPLOAD a table of positions)",
                    "ID");
    }
  }

  dali::Plan plan(const dali::Context& context, const store::Job& job) override {
    const Order order(job);
    check_order(context, desk_, order);
    return plan_order(context, desk_, job, order);
  }

  Item run(const dali::Context& context, const store::Job& job, const Item& item,
           http::Sink& result) override {
    const Errand errand = errand_of(item.work);
    if (!errand.refused.empty()) throw Failure(FailureKind::usage, errand.refused, "UPLOAD");
    if (!errand.nothing.empty()) return without_content(item, errand.nothing, result);
    const Order& order = order_of(job);
    const Asked asked = asked_for(context, job, order, errand);
    const auto source = desk_.sources.get(asked.dataset->holding);
    const bool picture = is_picture(order.output.output);
    auto planned = cutout::plan(*asked.dataset, source, asked.cut,
                                picture ? desk_.picture_limits : desk_.limits, utc_day());
    if (const auto* miss = std::get_if<NoOverlap>(&planned)) {
      return without_content(item, sentence_of(*miss), result);
    }
    auto& made = std::get<Plan>(planned);
    const std::string file = path_of(context.config, asked.dataset->holding->file);
    if (picture) {
      result.write(cut_picture({*asked.dataset, source, file}, made, desk_.tools,
                               parse_look(order.arguments, desk_.max_picture),
                               encoding_of(order.output.output)));
    } else {
      const auto body = make_body(std::move(made), file, desk_.tools);
      body->write(result, 0, body->size());
    }
    Item done = item;
    done.state = Item::State::done;
    done.media_type =
        is_package(order.output.output) ? "application/fits" : order.output.content_type;
    return done;
  }

  std::string pack(const dali::Context& context, const store::Job& job,
                   std::span<const dali::Made> made, const std::string& path) override {
    const Order& order = order_of(job);
    switch (order.output.output) {
      case Output::tar:
        write_tar(made, path);
        break;
      case Output::zip:
        write_zip(made, path);
        break;
      case Output::multi_fits:
        write_multi_fits(made, path);
        break;
      case Output::fits_table:
        write_fits_table(made, rows_of(context, job, order, made), path);
        break;
      case Output::fits:
      case Output::png:
      case Output::jpeg:
        throw Failure(FailureKind::internal, "these results are files of their own");
    }
    return order.output.content_type;
  }

 private:
  // What is read of a job once serves all its items: nothing changes its parameters any more.
  const Order& order_of(const store::Job& job) {
    if (!order_ || job.id != order_id_) {
      order_.emplace(job);
      order_id_ = job.id;
    }
    return *order_;
  }

  static Item without_content(const Item& item, const std::string& reason, http::Sink& result) {
    Item empty = item;
    empty.state = Item::State::empty;
    empty.media_type = "text/plain";
    empty.reason = no_content_text(reason);
    result.write(empty.reason + "\n");
    return empty;
  }

  Asked asked_for(const dali::Context& context, const store::Job& job, const Order& order,
                  const Errand& errand) const {
    const auto arguments = single_request(order.common, errand.combination);
    auto dataset = find_dataset(context, arguments.one("ID").value_or(""));
    admit_owner(context, job, *dataset);
    return {std::move(dataset), parse_cut(arguments, desk_.max_vertices)};
  }

  std::vector<TableRow> rows_of(const dali::Context& context, const store::Job& job,
                                const Order& order, std::span<const dali::Made> made) const {
    std::vector<TableRow> rows;
    for (const auto& one : made) {
      TableRow row{{}, NAN, NAN, NAN, NAN};
      if (one.item.state == Item::State::done) {
        const Asked asked = asked_for(context, job, order, errand_of(one.item.work));
        const auto& record = asked.dataset->obscore;
        row = {record.obs_publisher_did, NAN, NAN, record.t_min.value_or(NAN),
               record.t_max.value_or(NAN)};
        if (asked.cut.shape) {
          const auto at = middle_of(*asked.cut.shape);
          row.ra = at.lon().degrees();
          row.dec = at.lat().degrees();
        }
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

  Desk desk_;
  std::string order_id_;
  std::optional<Order> order_;
};

}  // namespace

std::unique_ptr<dali::Work> make_batch(const dali::Context& context) {
  return std::make_unique<Batch>(context);
}

}  // namespace soda::cutout
