#include "ingest/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/failure.h"
#include "base/text.h"
#include "fits/file.h"
#include "fits/section.h"
#include "ingest/character.h"
#include "ingest/grids.h"
#include "ingest/keywords.h"

namespace soda::ingest {
namespace {

constexpr std::int64_t largest_array = std::int64_t{1} << 20;
constexpr std::array kinds = {"image", "compressed_image", "table", "ascii_table", "other"};
constexpr std::array lookup_names = {"WCSDVARR", "D2IMARR"};

// Everything known of one file while it is described.
struct Contents {
  const Place& place;
  const fits::Scan& scan;
  const site::Collection& settings;
  std::vector<fits::Header> headers;  // as if never compressed
  std::vector<ScannedHdu> hdus;
  std::vector<std::vector<store::AuxiliaryArray>> arrays;  // of each HDU
};

const fits::Hdu* find_hdu(const fits::Scan& scan, const wcs::TableRequest& request, bool table) {
  for (const fits::Hdu& hdu : scan.hdus) {
    const bool is_table =
        hdu.kind == fits::HduKind::table || hdu.kind == fits::HduKind::ascii_table;
    if (is_table != table || !equal_ignoring_case(hdu.extname, request.extname) ||
        hdu.extver != request.extver)
      continue;
    if (hdu.header.integer("EXTLEVEL").value_or(1) == request.extlevel) return &hdu;
  }
  return nullptr;
}

// The array that a header's world coordinates ask for, remembered for the store.
std::optional<wcs::TableArray> read_array(Contents& contents, std::size_t index,
                                          const wcs::TableRequest& request) {
  const bool from_table = !request.column.empty();
  const fits::Hdu* hdu = find_hdu(contents.scan, request, from_table);
  if (hdu == nullptr) return std::nullopt;
  const std::string& file = contents.place.absolute;
  std::optional<fits::Array> array =
      from_table ? fits::read_column(file, hdu->index, request.column, request.row, largest_array)
                 : fits::read_image(file, hdu->index, largest_array);
  if (!array) return std::nullopt;
  if (!from_table) contents.hdus[static_cast<std::size_t>(hdu->index)].is_lookup = true;
  store::AuxiliaryArray kept;
  kept.extname = request.extname;
  kept.extver = request.extver;
  kept.extlevel = request.extlevel;
  kept.column = request.column;
  kept.row = request.row;
  kept.shape = array->shape;
  kept.values = array->values;
  if (!from_table) kept.cards = hdu->header.cards();
  auto& all = contents.arrays[index];
  const bool known = std::any_of(all.begin(), all.end(), [&](const store::AuxiliaryArray& other) {
    return other.extname == kept.extname && other.extver == kept.extver &&
           other.extlevel == kept.extlevel && other.column == kept.column && other.row == kept.row;
  });
  wcs::TableArray answer{kept.shape, kept.values, kept.cards};
  if (!known) all.push_back(std::move(kept));
  return answer;
}

void parse_all(Contents& contents) {
  const std::vector<fits::Hdu>& hdus = contents.scan.hdus;
  contents.arrays.resize(hdus.size());
  for (const fits::Hdu& hdu : hdus) {
    ScannedHdu& scanned = contents.hdus.emplace_back();
    scanned.hdu = &hdu;
    scanned.is_lookup =
        std::any_of(lookup_names.begin(), lookup_names.end(),
                    [&](const char* name) { return equal_ignoring_case(hdu.extname, name); });
    contents.headers.push_back(hdu.image_header());
  }
  for (std::size_t i = 0; i < hdus.size(); ++i) {
    if (!is_picture(hdus[i])) continue;
    contents.hdus[i].wcs = wcs::Wcs::parse(
        contents.headers[i].cards(), hdus[i].shape,
        [&](const wcs::TableRequest& request) { return read_array(contents, i, request); });
  }
}

store::HduRecord record_of(const ScannedHdu& scanned, const World& world,
                           std::vector<store::AuxiliaryArray> arrays) {
  const fits::Hdu& hdu = *scanned.hdu;
  store::HduRecord record;
  record.index = hdu.index;
  record.kind = kinds[static_cast<std::size_t>(hdu.kind)];
  record.extname = hdu.extname;
  record.extver = hdu.extver;
  record.bitpix = hdu.bitpix;
  record.shape = hdu.shape;
  record.header_offset = hdu.header_offset;
  record.data_offset = hdu.data_offset;
  record.data_length = hdu.data_length;
  if (hdu.compression) {
    record.compression = hdu.compression->algorithm;
    record.tile = hdu.compression->tile;
  }
  record.cards = hdu.header.cards();
  record.grid = scanned.grid;
  record.arrays = std::move(arrays);
  record.outline = world.outline;
  record.all_sky = world.footprint && world.footprint->all_sky;
  if (record.all_sky) record.outline.clear();
  if (world.band) {
    record.em_min = world.band->lo.metres;
    record.em_max = world.band->hi.metres;
  }
  if (world.time) {
    record.t_min = world.time->lo.days;
    record.t_max = world.time->hi.days;
  }
  record.pol_states = world.pol_states();
  return record;
}

std::string file_name(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  return std::string(name);
}

store::ObsCore obscore_of(const Contents& contents, std::size_t index, const World& world) {
  const fits::Hdu& hdu = *contents.hdus[index].hdu;
  const Keywords keywords(contents.headers[index], contents.headers[0], contents.settings);
  store::ObsCore record =
      characterise({contents.headers[index], hdu.shape, contents.hdus[index].wcs.get(), world,
                    keywords, contents.settings});
  record.obs_collection = contents.place.collection;
  record.access_estsize = (contents.scan.identity.size + 999) / 1000;
  for (const auto& [column, text] : contents.settings.constants) {
    store::set_column(record, column, text);
  }
  if (record.access_format.empty()) {
    // An address of its own leads to a file.
    const store::Access access =
        record.access_url.empty() ? contents.place.access : store::Access::file;
    record.access_format = store::access_format_of(
        access, contents.scan.gzipped ? store::Packing::gzip : store::Packing::none);
  }
  if (record.obs_id.empty()) record.obs_id = contents.place.path;
  if (record.obs_title.empty()) record.obs_title = file_name(contents.place.path);
  return record;
}

// Of the archive's own columns; a text that is no number of the column's type is passed over.
std::vector<store::Value> own_values(const Contents& contents, std::size_t index,
                                     const std::vector<Column>& own) {
  const Keywords keywords(contents.headers[index], contents.headers[0], contents.settings);
  std::vector<store::Value> values;
  for (const Column& column : own) {
    std::vector<std::string> texts = keywords.all(column.name);
    const auto constant = contents.settings.constants.find(column.name);
    if (constant != contents.settings.constants.end()) texts = {constant->second};
    store::Value& value = values.emplace_back();
    for (const std::string& text : texts) {
      const auto read = store::value_of(column.type, text);
      if (!read) continue;
      value = *read;
      break;
    }
  }
  return values;
}

}  // namespace

std::string identifier_of(std::string_view authority, std::string_view collection,
                          std::string_view root, std::string_view path) {
  std::string did = fmt::format("ivo://{}/{}?", authority, collection);
  // What may stand in a query (RFC 3986 section 3.4) and is no delimiter for us.
  constexpr std::string_view plain = "!$&'()*+,;=:@/";
  if (!root.empty()) did += percent_encode(root, plain) + '/';
  did += percent_encode(path, plain);
  return did;
}

store::FileContents describe(const Place& place, const site::Collection& settings,
                             const std::vector<Column>& own) {
  const fits::Scan scan = fits::scan(place.absolute);
  if (scan.hdus.empty()) {
    throw Failure(FailureKind::corrupt_data,
                  scan.problem ? scan.problem->sentence : "no HDU in the file");
  }
  Contents contents{place, scan, settings, {}, {}, {}};
  parse_all(contents);
  const int grids = assign_grids(contents.hdus);
  if (grids == 0 && scan.problem) throw Failure(FailureKind::corrupt_data, scan.problem->sentence);

  store::FileContents out;
  out.file.root = place.root;
  out.file.path = place.path;
  out.file.size = scan.identity.size;
  out.file.mtime_ns = scan.identity.mtime_ns;
  out.file.inode = scan.identity.inode;
  out.file.gzipped = scan.gzipped;
  out.collection = place.collection;
  out.did = place.did;
  if (scan.problem)
    out.problem = fmt::format("HDU {}: {}", scan.problem->hdu, scan.problem->sentence);

  std::vector<World> worlds;
  for (std::size_t i = 0; i < contents.hdus.size(); ++i) {
    const ScannedHdu& hdu = contents.hdus[i];
    worlds.push_back(hdu.grid >= 0 ? World::of(hdu.wcs.get()) : World());
    out.hdus.push_back(record_of(hdu, worlds.back(), std::move(contents.arrays[i])));
  }
  for (int grid = 0; grid < grids; ++grid) {
    const std::size_t head = head_of(contents.hdus, grid);
    store::NewDataset& dataset = out.datasets.emplace_back();
    dataset.hdu = contents.hdus[head].hdu->index;
    dataset.obscore = obscore_of(contents, head, worlds[head]);
    dataset.own = own_values(contents, head, own);
    dataset.obscore.obs_publisher_did =
        grids == 1 ? place.did : fmt::format("{}#{}", place.did, dataset.hdu);
  }
  return out;
}

}  // namespace soda::ingest
