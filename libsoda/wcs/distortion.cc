#include "wcs/distortion.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace soda::wcs {

namespace {

constexpr int kMaxOrder = 9;  // SIP's keywords have one digit for each power

bool is_sip(const Cards::Card& card) {
  return card.keyword.starts_with("A_") || card.keyword.starts_with("B_");
}

std::string key(std::string_view stem, int axis) {
  return std::string(stem) + std::to_string(axis);
}

std::int64_t whole(double value) {
  return std::fabs(value) < 1e9 ? static_cast<std::int64_t>(value) : -1;
}

}  // namespace

Distortion::Polynomial::Value Distortion::Polynomial::at(double u, double v) const noexcept {
  // Horner in u of polynomials in v, with both derivatives.
  Value sum{0, 0, 0};
  for (std::size_t p = order + 1; p-- > 0;) {
    double row = 0, slope = 0;
    for (std::size_t q = order - p + 1; q-- > 0;) {
      slope = slope * v + row;
      row = row * v + c[p * (order + 1) + q];
    }
    sum.du = sum.du * u + sum.f;
    sum.dv = sum.dv * u + slope;
    sum.f = sum.f * u + row;
  }
  return sum;
}

double Distortion::Lookup::at(Wcs::Pixel pixel) const noexcept {
  const auto place = [&](std::size_t axis, double value, std::int64_t length) {
    // The tables of STScI count their cells from the first pixel, not from CRPIX as WCS paper IV
    // would have it; astropy reads them so.
    const double index = (value - 1 - crval[axis]) / cdelt[axis] + crpix[axis];
    return std::isfinite(index) ? std::clamp(index, 0.0, static_cast<double>(length - 1)) : 0.0;
  };
  const double x = place(0, pixel.x, nx), y = place(1, pixel.y, ny);
  const auto x0 = static_cast<std::int64_t>(x), y0 = static_cast<std::int64_t>(y);
  const std::int64_t x1 = std::min(x0 + 1, nx - 1), y1 = std::min(y0 + 1, ny - 1);
  const double fx = x - static_cast<double>(x0), fy = y - static_cast<double>(y0);
  const auto value = [&](std::int64_t i, std::int64_t j) {
    return static_cast<double>(values[static_cast<std::size_t>(j * nx + i)]);
  };
  return (1 - fy) * ((1 - fx) * value(x0, y0) + fx * value(x1, y0)) +
         fy * ((1 - fx) * value(x0, y1) + fx * value(x1, y1));
}

Distortion::Polynomial Distortion::polynomial(const Cards& cards, std::string_view letter,
                                              std::size_t order) {
  Polynomial result;
  result.order = order;
  result.c.assign((order + 1) * (order + 1), 0.0);
  for (std::size_t p = 0; p <= order; ++p) {
    for (std::size_t q = 0; p + q <= order; ++q) {
      const std::string name =
          std::string(letter) + "_" + std::to_string(p) + "_" + std::to_string(q);
      result.c[p * (order + 1) + q] = cards.number(name).value_or(0);
    }
  }
  return result;
}

void Distortion::take_sip(Cards& cards, std::string& problem) {
  const double a = cards.number("A_ORDER").value_or(0), b = cards.number("B_ORDER").value_or(0);
  const auto legal = [](double order) {
    return order > 1 && order <= kMaxOrder && order == std::floor(order);
  };
  if (legal(a) && legal(b)) {
    sip_ = Sip{polynomial(cards, "A", static_cast<std::size_t>(a)),
               polynomial(cards, "B", static_cast<std::size_t>(b))};
  } else if (a > 1 || b > 1) {
    problem = "SIP needs A_ORDER and B_ORDER from 2 to 9, not " + to_text(a) + " and " + to_text(b);
  }
  cards.erase_if([](const Cards::Card& card) {
    return is_sip(card) || card.keyword.starts_with("AP_") || card.keyword.starts_with("BP_");
  });
}

std::optional<Distortion::Lookup> Distortion::lookup(const Cards& cards, const TableSource& tables,
                                                     int axis, std::string_view record,
                                                     std::string_view extname,
                                                     std::string& problem) {
  const std::string name = key(record, axis);
  TableRequest request;
  request.extname = extname;
  request.extver = whole(cards.record(name, "EXTVER").value_or(1));
  const std::string what = request.extname + " " + std::to_string(request.extver);
  const std::optional<TableArray> array = tables ? tables(request) : std::nullopt;
  if (!array) {
    problem = "the distortion table " + what + " is missing";
    return std::nullopt;
  }
  std::vector<std::int64_t> shape = array->shape;
  if (shape.size() == 1) shape.push_back(1);
  const bool sound = shape.size() == 2 && shape[0] > 0 && shape[1] > 0 &&
                     shape[0] <= static_cast<std::int64_t>(array->values.size()) &&
                     shape[1] == static_cast<std::int64_t>(array->values.size()) / shape[0] &&
                     shape[0] * shape[1] == static_cast<std::int64_t>(array->values.size());
  if (!sound) {
    problem = "the distortion table " + what + " is not an image of two axes";
    return std::nullopt;
  }
  Lookup result;
  // The first axis of the table is another one than the first of the image: turn it.
  const std::string first_axis = "AXIS." + std::to_string(axis);
  const bool turned = cards.record(name, first_axis).value_or(axis) != axis;
  result.nx = turned ? shape[1] : shape[0];
  result.ny = turned ? shape[0] : shape[1];
  result.values.resize(array->values.size());
  for (std::int64_t j = 0; j < shape[1]; ++j) {
    for (std::int64_t i = 0; i < shape[0]; ++i) {
      const auto from = static_cast<std::size_t>(j * shape[0] + i);
      const auto to = turned ? static_cast<std::size_t>(i * shape[1] + j) : from;
      const double value = array->values[from];
      result.values[to] = std::isfinite(value) ? static_cast<float>(value) : 0.0F;
    }
  }
  // A table's header has more cards than a WCS needs, but these.
  const Cards own(array->cards);
  for (std::size_t i = 0; i < 2; ++i) {
    const int number = static_cast<int>(i) + 1;
    result.crpix[i] = own.number(key("CRPIX", number)).value_or(0);
    result.crval[i] = own.number(key("CRVAL", number)).value_or(0);
    const double step = own.number(key("CDELT", number)).value_or(1);
    result.cdelt[i] = step == 0 ? 1 : step;
  }
  return result;
}

void Distortion::take_tables(Cards& cards, const TableSource& tables, std::string& problem) {
  struct Row {
    std::string_view keyword, record, extname;
    std::array<std::optional<Lookup>, 2> Tables::*where;
  };
  constexpr std::array kRows = {Row{"D2IMDIS", "D2IM", "D2IMARR", &Tables::detector},
                                Row{"CPDIS", "DP", "WCSDVARR", &Tables::prior}};
  for (const Row& row : kRows) {
    for (int axis = 1; axis <= 2; ++axis) {
      const std::string keyword = key(row.keyword, axis);
      if (!equal_ignoring_case(cards.text(keyword).value_or(""), "LOOKUP")) continue;
      if (auto table = lookup(cards, tables, axis, row.record, row.extname, problem)) {
        if (!tables_) tables_.emplace();
        ((*tables_).*row.where)[static_cast<std::size_t>(axis - 1)] = std::move(*table);
      }
      const std::string record = key(row.record, axis);
      cards.erase_if([&](const Cards::Card& card) {
        return card.keyword == keyword || card.keyword == record;
      });
    }
  }
  cards.erase_if([](const Cards::Card& card) { return card.keyword.starts_with("D2IM"); });
}

// STScI's older spelling of a detector-to-image table: one row, along the axis named.
void Distortion::take_axiscorr(Cards& cards, const TableSource& tables, std::string& problem) {
  const double axis = cards.number("AXISCORR").value_or(0);
  cards.erase_if([](const Cards::Card& card) { return card.keyword == "AXISCORR"; });
  if (axis != 1 && axis != 2) return;
  if (auto table = lookup(cards, tables, static_cast<int>(axis), "D2IM", "D2IMARR", problem)) {
    if (!tables_) tables_.emplace();
    tables_->detector[static_cast<std::size_t>(axis) - 1] = std::move(*table);
  }
}

Distortion Distortion::take(Cards& cards, const TableSource& tables, std::string& problem) {
  Distortion result;
  result.take_sip(cards, problem);
  result.take_axiscorr(cards, tables, problem);
  result.take_tables(cards, tables, problem);
  // What is left are functions that WCSLIB evaluates; absurd sizes would make it allocate as much.
  const auto absurd = [](const Cards::Card& card) {
    if (!card.keyword.starts_with("DP") && !card.keyword.starts_with("DQ")) return false;
    const std::string value = card_value(card.image);
    const std::size_t colon = value.find(": ");
    if (colon == std::string::npos) return true;
    const std::string_view field = std::string_view(value).substr(0, colon);
    const bool count = field.starts_with("AXIS.") || field.starts_with("N");
    const double number = fits_number(std::string_view(value).substr(colon + 2)).value_or(-1);
    return count && !(number >= 0 && number <= 256);
  };
  if (std::any_of(cards.all().begin(), cards.all().end(), absurd)) {
    problem = "the distortion parameters DPj or DQi are malformed";
    cards.erase_if([](const Cards::Card& card) {
      return card.keyword.starts_with("DP") || card.keyword.starts_with("DQ") ||
             card.keyword.starts_with("CPDIS") || card.keyword.starts_with("CQDIS");
    });
  }
  return result;
}

Wcs::Pixel Distortion::apply(Wcs::Pixel pixel) const noexcept {
  const auto offset = [](const std::optional<Lookup>& table, Wcs::Pixel at) {
    return table ? table->at(at) : 0.0;
  };
  Wcs::Pixel base = pixel;
  if (tables_) {
    base.x += offset(tables_->detector[0], pixel);
    base.y += offset(tables_->detector[1], pixel);
  }
  Wcs::Pixel result = base;
  if (sip_) {
    const double u = base.x - origin_[0], v = base.y - origin_[1];
    result.x += sip_->a.at(u, v).f;
    result.y += sip_->b.at(u, v).f;
  }
  if (tables_) {
    result.x += offset(tables_->prior[0], base);
    result.y += offset(tables_->prior[1], base);
  }
  return result;
}

std::optional<Wcs::Pixel> Distortion::invert(Wcs::Pixel target) const noexcept {
  constexpr int kRounds = 50;
  constexpr double kEnough = 1e-9;
  constexpr double kSettling = 1e-3, kSure = 1e-2;
  Wcs::Pixel guess = target;
  double before = 0;  // length of the step before
  for (int round = 0; round < kRounds; ++round) {
    // The slopes of the tables are left out of the derivative: they are small and only slow the
    // last steps down.
    double fx = 0, fy = 0, xx = 1, xy = 0, yx = 0, yy = 1;
    if (sip_) {
      const double u = guess.x - origin_[0], v = guess.y - origin_[1];
      const Polynomial::Value a = sip_->a.at(u, v), b = sip_->b.at(u, v);
      fx = a.f, fy = b.f;
      xx += a.du, xy = a.dv, yx = b.du, yy += b.dv;
    }
    const Wcs::Pixel image = tables_ ? apply(guess) : Wcs::Pixel{guess.x + fx, guess.y + fy};
    const double rx = target.x - image.x, ry = target.y - image.y;
    const double det = xx * yy - xy * yx;
    // Beyond the fold of the polynomial (where its Jacobian turns over) solutions belong to no sky.
    if (!(det > 0.01)) return std::nullopt;
    const double dx = (rx * yy - ry * xy) / det, dy = (ry * xx - rx * yx) / det;
    guess.x += dx;
    guess.y += dy;
    if (!std::isfinite(guess.x) || !std::isfinite(guess.y)) return std::nullopt;
    const double step = std::fabs(dx) + std::fabs(dy);
    const double enough = kEnough * std::max(1.0, (std::fabs(guess.x) + std::fabs(guess.y)) * 1e-6);
    // Steps shrink to the square of the one before, so that the next one is known beforehand.
    const bool quadratic = !tables_ && step < kSettling * before;
    if (step < enough || (quadratic && step * (step / before) * (step / before) < kSure * enough)) {
      return guess;
    }
    before = step;
  }
  return std::nullopt;
}

std::size_t Distortion::terms() const noexcept {
  return sip_ ? (sip_->a.c.size() + sip_->b.c.size()) / 2 : 0;
}

std::size_t Distortion::memory() const noexcept {
  std::size_t bytes = 0;
  if (sip_) bytes += (sip_->a.c.size() + sip_->b.c.size()) * sizeof(double);
  if (tables_) {
    for (const auto* pair : {&tables_->detector, &tables_->prior}) {
      for (const auto& table : *pair) bytes += table ? table->values.size() * sizeof(float) : 0;
    }
  }
  return bytes;
}

}  // namespace soda::wcs
