// Header text -> Wcs. WCSLIB parses and repairs; we choose the representation, sort the axes and
// take the celestial plane out.
#include <wcslib/lin.h>
#include <wcslib/tab.h>
#include <wcslib/wcs.h>
#include <wcslib/wcsfix.h>
#include <wcslib/wcshdr.h>
#include <wcslib/wcsmath.h>
#include <wcslib/wtbarr.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <set>

#include "base/failure.h"
#include "base/text.h"
#include "wcs/cards.h"
#include "wcs/impl.h"
#include "wcs/tables.h"

namespace soda::wcs {

namespace {

// Too little memory is not the header's fault, and must not be remembered as if it were.
int checked(int status) {
  if (status == WCSHDRERR_MEMORY) throw std::bad_alloc();
  return status;
}

// wcsset() hands on the status of the functions below it as if it were its own: an unknown spectral
// type comes out as WCSERR_MEMORY. Whether memory is short, the allocator knows. (WCSLIB 7.12 leaks
// the error records that would tell.)
int set(wcsprm& prm) {
  constexpr std::size_t plenty = 1 << 20;  // more than wcsset needs
  const int status = wcsset(&prm);
  if (status == WCSERR_MEMORY) ::operator delete(::operator new(plenty));
  return status;
}

// Writers have left garbage in the bits of VELREF that AIPS gives no meaning to: 1 to 3 is the
// frame, 256 the radio convention.
void fix_spectral(wcsprm& prm) {
  if (spcfix(&prm) != FIXERR_BAD_PARAM) return;
  prm.velref &= 256 | 7;
  spcfix(&prm);
}

// All representations of a header as wcspih() hands them out.
class Representations {
 public:
  explicit Representations(std::string header) {
    const auto cards = static_cast<int>(header.size() / 80);
    int rejected = 0;
    const int status = wcspih(header.data(), cards, WCSHDR_all, 0, &rejected, &count_, &list_);
    if (status == 0) return;
    wcsvfree(&count_, &list_);
    count_ = 0;
    checked(status);
  }
  Representations(const Representations&) = delete;
  Representations& operator=(const Representations&) = delete;
  ~Representations() { wcsvfree(&count_, &list_); }

  int size() const { return count_; }
  wcsprm& operator[](int i) { return list_[i]; }

 private:
  int count_ = 0;
  wcsprm* list_ = nullptr;
};

double defined(double value) {
  return undefined(value) ? std::numeric_limits<double>::quiet_NaN() : value;
}

std::string field(const char* text, std::size_t limit) {
  return std::string(trim(std::string_view(text, strnlen(text, limit))));
}

std::string letter_of(const wcsprm& prm) { return std::string(trim(std::string_view(prm.alt, 1))); }

// False when an array is missing or malformed.
bool fill_tables(Representations& list, const TableSource& tables) {
  bool whole = true;
  for (int i = 0; i < list.size(); ++i) {
    // Coordinate arrays first: they set the lengths that index vectors must have.
    for (const int kind : {'c', 'i'}) {
      for (int k = 0; k < list[i].nwtb; ++k) {
        const wtbarr_s& wanted = list[i].wtb[k];
        whole = whole && (wanted.kind != kind || fill_array(wanted, tables));
      }
    }
    // WCSLIB frees the arrays only once they are its own, even if wcsset() is never reached.
    for (int t = 0; t < list[i].ntab; ++t) tabmem(&list[i].tab[t]);
  }
  return whole;
}

// SCAMP's polynomials written as PVi_m besides their translation to SIP: only SIP counts (as
// astropy decides it), unless radial terms show that the PVi_m are a TPV projection.
void drop_redundant_scamp(wcsprm& prm) {
  constexpr std::array kRadial = {3, 11, 23, 39};
  for (int k = 0; k < prm.npv; ++k) {
    const pvcard& radial = prm.pv[k];
    if (std::find(kRadial.begin(), kRadial.end(), radial.m) == kRadial.end()) continue;
    for (int other = 0; other < prm.npv; ++other) {
      if (prm.pv[other].i == radial.i && prm.pv[other].m > radial.m) return;
    }
  }
  prm.npv = 0;
}

// Tried before WCSLIB tries, which leaks its matrices when they cannot be inverted.
bool is_invertible(const wcsprm& prm) {
  const auto n = static_cast<std::size_t>(prm.naxis);
  const bool is_cd = (prm.altlin & 2) != 0 && (prm.altlin & 1) == 0;
  std::vector<double> matrix(n * n), inverse(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      matrix[i * n + j] = is_cd ? prm.cd[i * n + j] : prm.cdelt[i] * prm.pc[i * n + j];
    }
  }
  return matinv(prm.naxis, matrix.data(), inverse.data()) == 0;
}

// The repairs that astropy makes too (all but cylfix). What they cannot repair wcsset reports.
int repair_and_set(wcsprm& prm) {
  cdfix(&prm);
  datfix(&prm);
  unitfix(0, &prm);
  fix_spectral(prm);
  celfix(&prm);
  return set(prm);
}

// A header refused for the sake of another axis (a spectral type that WCSLIB does not know) still
// says where the image is: axes beside the celestial ones become linear ones of no meaning.
bool set_without_others(wcsprm& prm) {
  if (prm.lng < 0 || prm.lat < 0) return false;
  for (int i = 0; i < prm.naxis; ++i) {
    if (i != prm.lng && i != prm.lat) prm.ctype[i][0] = '\0';
  }
  prm.flag = 0;
  return set(prm) == 0;
}

// World axes by the name of their CTYPE, up to the first '-'.
Role role_of(const std::string& ctype) {
  struct Row {
    std::string_view name;
    Role role;
  };
  static constexpr std::array kRows = std::to_array<Row>(
      {{"STOKES", Role::stokes}, {"WAVE", Role::spectral}, {"AWAV", Role::spectral},
       {"FREQ", Role::spectral}, {"ENER", Role::spectral}, {"WAVN", Role::spectral},
       {"VRAD", Role::spectral}, {"VOPT", Role::spectral}, {"VELO", Role::spectral},
       {"ZOPT", Role::spectral}, {"BETA", Role::spectral}, {"TIME", Role::time},
       {"UTC", Role::time},      {"TAI", Role::time},      {"TT", Role::time},
       {"TDT", Role::time},      {"ET", Role::time},       {"IAT", Role::time},
       {"UT1", Role::time},      {"UT", Role::time},       {"GMT", Role::time},
       {"TDB", Role::time},      {"TCG", Role::time},      {"TCB", Role::time},
       {"GPS", Role::time}});
  const std::string name = ctype.substr(0, ctype.find('-'));
  for (const Row& row : kRows) {
    if (row.name == name) return row.role;
  }
  return Role::other;
}

struct Builder {
  Wcs::Impl& impl;
  Cards& cards;
  Distortion distortion;

  void note(const std::string& sentence) {
    if (impl.problem.empty()) impl.problem = sentence;
  }

  // The element of the matrix that takes pixel axis j to world axis i, in world units a pixel.
  static double element(const wcsprm& prm, int i, int j) {
    return prm.lin.cdelt[i] * prm.lin.pc[i * prm.naxis + j];
  }

  // How strongly pixel axes a and b together drive the celestial pair.
  static double drive(const wcsprm& prm, int a, int b) {
    return std::fabs(element(prm, prm.lng, a) * element(prm, prm.lat, b) -
                     element(prm, prm.lng, b) * element(prm, prm.lat, a));
  }

  // The two pixel axes of the image that drive the celestial pair: those of the same numbers,
  // unless they hardly do and others do (largest determinant). None when no two do.
  std::optional<std::pair<int, int>> celestial_axes(const wcsprm& prm) const {
    constexpr double kHardly = 0.01;
    const int n = std::min(prm.naxis, static_cast<int>(impl.shape.size()));
    std::optional<std::pair<int, int>> best;
    double largest = 0;
    for (int a = 0; a < n; ++a) {
      for (int b = a + 1; b < n; ++b) {
        if (drive(prm, a, b) <= largest) continue;
        largest = drive(prm, a, b);
        best = std::pair(a, b);
      }
    }
    const auto [own_a, own_b] = std::minmax({prm.lng, prm.lat});
    if (own_b < n && drive(prm, own_a, own_b) > kHardly * largest) return std::pair(own_a, own_b);
    return best;
  }

  // A copy of `prm` reduced to its celestial pair and the pixel axes a, b; other pixel axes are
  // held at their centres, which moves CRPIX.
  Prm plane_of(const wcsprm& prm, int a, int b) const {
    Prm work = copy_of(prm, nullptr, 0);
    if (!work) return {};
    const int n = prm.naxis, lng = prm.lng, lat = prm.lat;
    const auto pc = [&](int i, int j) { return prm.lin.pc[i * n + j]; };
    std::array<double, 2> shift{};
    for (int j = 0; j < n; ++j) {
      if (j == a || j == b) continue;
      const double away = impl.centre(static_cast<std::size_t>(j)) - prm.crpix[j];
      shift[0] += pc(lng, j) * away;
      shift[1] += pc(lat, j) * away;
    }
    const double det = pc(lng, a) * pc(lat, b) - pc(lng, b) * pc(lat, a);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) work->pc[i * n + j] = i == j ? 1 : 0;
      work->cdelt[i] = prm.lin.cdelt[i];
    }
    work->pc[lng * n + lng] = pc(lng, a), work->pc[lng * n + lat] = pc(lng, b);
    work->pc[lat * n + lng] = pc(lat, a), work->pc[lat * n + lat] = pc(lat, b);
    work->crpix[lng] = prm.crpix[a] - (shift[0] * pc(lat, b) - shift[1] * pc(lng, b)) / det;
    work->crpix[lat] = prm.crpix[b] - (shift[1] * pc(lng, a) - shift[0] * pc(lat, a)) / det;
    work->altlin = 1;
    std::array<int, 2> axes = {lng + 1, lat + 1};
    Prm plane = copy_of(*work, axes.data(), 2);
    if (!plane || set(*plane) != 0) return {};
    return plane;
  }

  static Prm copy_of(const wcsprm& prm, int* axes, int count) {
    Prm copy(new wcsprm{});
    copy->flag = -1;
    int wanted = count;
    const int status = wcssub(1, &prm, axes == nullptr ? nullptr : &wanted, axes, copy.get());
    if (checked(status) != 0) return {};
    return copy;
  }

  FrameWords words_of(const wcsprm& prm) const {
    FrameWords words;
    words.longitude = field(prm.lngtyp, sizeof prm.lngtyp);
    words.radesys = field(prm.radesys, sizeof prm.radesys);
    words.equinox = defined(prm.equinox);
    words.mjd_obs = defined(prm.mjdobs);
    if (std::isnan(words.equinox)) {
      // Some write 'J2000.0' or 'B1950'.
      const std::string text = cards.text("EQUINOX" + letter_of(prm)).value_or("");
      if (text.starts_with('J') || text.starts_with('B')) {
        words.equinox = fits_number(std::string_view(text).substr(1)).value_or(words.equinox);
      }
    }
    return words;
  }

  // The celestial plane of one representation (wcsset done), or empty with a note why not.
  std::optional<Celestial> celestial(const wcsprm& prm) {
    if (prm.lng < 0 || prm.lat < 0) {
      note("the header has no pair of celestial axes");
      return std::nullopt;
    }
    if (prm.cubeface >= 0) {
      note("the faces of a quad cube on an axis of their own cannot be followed");
      return std::nullopt;
    }
    std::string why;
    std::optional<Frame> frame = Frame::of(words_of(prm), why);
    if (!why.empty()) note(why);
    if (!frame) return std::nullopt;
    const auto pair = celestial_axes(prm);
    if (!pair) {
      note("no two axes of the image drive the celestial coordinates");
      return std::nullopt;
    }
    const auto [a, b] = *pair;
    Celestial sky{plane_of(prm, a, b),
                  {},
                  std::move(*frame),
                  a,
                  b,
                  a,
                  b,
                  impl.shape[static_cast<std::size_t>(a)],
                  impl.shape[static_cast<std::size_t>(b)]};
    if (!sky.prm || sky.nx < 1 || sky.ny < 1) {
      note("the celestial axes cannot be separated from the others");
      return std::nullopt;
    }
    if (std::fabs(element(prm, prm.lng, a)) < std::fabs(element(prm, prm.lng, b))) {
      std::swap(sky.lon_axis, sky.lat_axis);
    }
    if (a == 0 && b == 1) {
      sky.distortion = distortion;
      sky.distortion.set_origin(prm.crpix[0], prm.crpix[1]);
    }
    return sky;
  }

  // Which world axis each pixel axis mainly drives: the celestial pair first, then the largest
  // matrix element of each row.
  void match_axes(const wcsprm& prm) {
    const int n = prm.naxis;
    const auto at = [&](int j) -> int& { return impl.world[static_cast<std::size_t>(j)]; };
    std::set<int> taken;
    if (prm.lng >= 0 && prm.lat >= 0) {
      if (const auto pair = celestial_axes(prm)) {
        const auto [a, b] = *pair;
        const bool straight =
            std::fabs(element(prm, prm.lng, a)) >= std::fabs(element(prm, prm.lng, b));
        at(a) = straight ? prm.lng : prm.lat;
        at(b) = straight ? prm.lat : prm.lng;
        taken = {prm.lng, prm.lat};
      }
    }
    for (int i = 0; i < prm.naxis; ++i) {
      if (taken.contains(i)) continue;
      int best = -1;
      for (int j = 0; j < n; ++j) {
        if (at(j) >= 0) continue;
        const double here = std::fabs(element(prm, i, j));
        if (best < 0 || here > std::fabs(element(prm, i, best)) ||
            (here == std::fabs(element(prm, i, best)) && j == i)) {
          best = j;
        }
      }
      if (best >= 0 && element(prm, i, best) != 0) at(best) = i;
    }
  }

  Role role(const wcsprm& prm, int i) const {
    if (i != prm.lng && i != prm.lat) return role_of(field(prm.ctype[i], sizeof prm.ctype[i]));
    // Solar and other coordinates have the type of a pair too, but no place on the sky.
    if (!impl.sky) return Role::other;
    return i == prm.lng ? Role::longitude : Role::latitude;
  }

  void describe_axes(const wcsprm& prm) {
    const auto all = std::max(impl.shape.size(), static_cast<std::size_t>(prm.naxis));
    impl.world.assign(all, -1);
    impl.roles.assign(all, Role::other);
    match_axes(prm);
    for (std::size_t j = 0; j < all; ++j) {
      const int i = impl.world[j];
      if (i < 0) continue;
      impl.roles[j] = role(prm, i);
      if (j >= impl.axes.size()) continue;
      const std::string suffix = std::to_string(i + 1) + letter_of(prm);
      Axis& axis = impl.axes[j];
      axis.role = impl.roles[j];
      axis.ctype = cards.text("CTYPE" + suffix).value_or("");
      axis.unit = cards.text("CUNIT" + suffix).value_or("");
    }
  }

  void build(Representations& list) {
    int chosen = -1, first = -1;
    const std::string before = impl.problem;
    for (int i = 0; i < list.size() && chosen < 0; ++i) {
      if (distortion.has_sip()) drop_redundant_scamp(list[i]);
      if (!is_invertible(list[i])) {
        note("the linear transformation of the coordinates is singular");
        continue;
      }
      if (const int status = repair_and_set(list[i]); status != 0) {
        note(std::string("WCSLIB refuses the header: ") + wcs_errmsg[status]);
        if (!set_without_others(list[i])) continue;
      }
      if (first < 0) first = i;
      impl.sky = celestial(list[i]);
      if (!impl.sky) continue;
      chosen = i;
      // What kept the representations before this one from being used is no problem any more.
      if (i > 0) impl.problem = before;
    }
    if (chosen < 0) chosen = first;
    if (chosen < 0) return;
    impl.rest_suffix = letter_of(list[chosen]);
    if (impl.sky) impl.frame_name = impl.sky->frame.name();
    impl.full = copy_of(list[chosen], nullptr, 0);
    if (impl.full && set(*impl.full) != 0) impl.full.reset();
    if (impl.full) describe_axes(*impl.full);
  }
};

bool looks_like_header(std::string_view cards) {
  if (cards.size() < 80) return false;
  return std::all_of(cards.begin(), cards.begin() + 8, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ' ';
  });
}

void read(Wcs::Impl& impl, std::string_view header, const TableSource& tables) {
  if (header.size() > kMaxHeader || impl.shape.empty() || impl.shape.size() > kMaxAxes) {
    impl.problem = "the header is larger than 16 MiB, or the image has no axes or more than 32";
    return;
  }
  Cards cards(header);
  Builder builder{impl, cards, {}};
  builder.distortion = Distortion::take(cards, tables, impl.problem);
  if (!has_sound_tables(cards)) {
    builder.note(
        "the parameters PSi_m and PVi_m of a -TAB axis are incomplete or contradict each other");
    drop_table_axes(cards);
  }
  Representations list(cards.image(impl.shape.size()));
  if (!fill_tables(list, tables)) {
    builder.note("a table of a -TAB axis is missing or malformed");
    drop_table_axes(cards);
    Representations plain(cards.image(impl.shape.size()));
    if (fill_tables(plain, tables)) builder.build(plain);
    return;
  }
  builder.build(list);
  if (list.size() == 0) builder.note("the header has no world coordinates");
}

}  // namespace

std::shared_ptr<const Wcs> Wcs::parse(std::string_view cards, std::span<const std::int64_t> shape,
                                      const TableSource& tables) {
  if (!looks_like_header(cards)) {
    throw Failure(FailureKind::corrupt_data, "the text is no FITS header");
  }
  auto impl = std::make_unique<Impl>();
  impl->shape.assign(shape.begin(), shape.end());
  for (const std::int64_t length : shape) {
    Axis axis;
    axis.length = length;
    impl->axes.push_back(axis);
  }
  read(*impl, cards, tables);
  Impl& held = *impl;
  auto wcs = std::make_shared<const Wcs>(std::move(impl));
  if (held.sky) held.reach = reach_of(*wcs, image_of(*wcs));
  return wcs;
}

}  // namespace soda::wcs
