#include "references.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace bench {
namespace {

soda::FileDescriptor open_for_reading(const std::string& path) {
  soda::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw std::runtime_error("cannot open " + path);
  return file;
}

struct stat status_of(const soda::FileDescriptor& file) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) throw std::runtime_error("fstat failed");
  return status;
}

}  // namespace

Rows::Rows(const std::string& path) : path_(path) {
  const auto file = open_image(path);
  int status = 0, bitpix = 0;
  LONGLONG header, data, end, shape[2];
  fits_get_hduaddrll(file.get(), &header, &data, &end, &status);
  fits_get_img_type(file.get(), &bitpix, &status);
  fits_get_img_sizell(file.get(), 2, shape, &status);
  check_fits(status, path);
  offset_ = data;
  width_ = shape[0];
  bytes_ = std::abs(bitpix) / 8;
}

std::int64_t Rows::offset_of(std::int64_t x, std::int64_t y) const {
  return offset_ + ((y - 1) * width_ + (x - 1)) * bytes_;
}

void Rows::read(const Box& box, std::vector<char>& into) const {
  const auto file = open_for_reading(path_);
  const auto row = static_cast<std::size_t>(box.width * bytes_);
  into.resize(row * static_cast<std::size_t>(box.height));
  const auto size = status_of(file).st_size;
  if (offset_of(box.x + box.width, box.y + box.height - 1) > size) {
    throw std::runtime_error("the file is too short");
  }
  char* to = into.data();
  for (std::int64_t y = box.y; y < box.y + box.height; ++y, to += row) {
    if (::pread(file.get(), to, row, offset_of(box.x, y)) != static_cast<ssize_t>(row)) {
      throw std::runtime_error("a row could not be read");
    }
  }
}

double Rows::resident(const Box& box) const {
  const auto file = open_for_reading(path_);
  const auto page = static_cast<std::int64_t>(::sysconf(_SC_PAGESIZE));
  const auto size = static_cast<std::size_t>(status_of(file).st_size);
  void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (map == MAP_FAILED) throw std::runtime_error("mmap failed");
  std::int64_t pages = 0, present = 0;
  for (std::int64_t y = box.y; y < box.y + box.height; ++y) {
    const std::int64_t first = offset_of(box.x, y) / page * page;
    const std::int64_t length = offset_of(box.x + box.width, y) - first;
    std::vector<unsigned char> flags(static_cast<std::size_t>((length + page - 1) / page));
    ::mincore(static_cast<char*>(map) + first, static_cast<std::size_t>(length), flags.data());
    pages += static_cast<std::int64_t>(flags.size());
    present += std::ranges::count_if(flags, [](unsigned char flag) { return (flag & 1) != 0; });
  }
  ::munmap(map, size);
  return static_cast<double>(present) / static_cast<double>(pages);
}

void evict(const std::string& path) {
  const auto file = open_for_reading(path);
  if (::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED) != 0) {
    throw std::runtime_error("posix_fadvise failed");
  }
}

void OpenSubset::read(const Box& box, std::vector<float>& into) {
  into.resize(static_cast<std::size_t>(box.width * box.height));
  long first[2] = {static_cast<long>(box.x), static_cast<long>(box.y)};
  long last[2] = {static_cast<long>(box.x + box.width - 1),
                  static_cast<long>(box.y + box.height - 1)};
  long step[2] = {1, 1};
  int status = 0;
  fits_read_subset(file_.get(), TFLOAT, first, last, step, nullptr, into.data(), nullptr, &status);
  check_fits(status, "fits_read_subset");
}

bool inside(std::span<const Vector> polygon, const Vector& p) {
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Vector &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    const double side = (a.y * b.z - a.z * b.y) * p.x + (a.z * b.x - a.x * b.z) * p.y +
                        (a.x * b.y - a.y * b.x) * p.z;
    if (side < 0) return false;
  }
  return true;
}

}  // namespace bench
