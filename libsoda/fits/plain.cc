// Boxes of plain images: computed offsets, stored bytes.
//
// Measured reasons for the two ways (1024 to 56569 pixels wide, warm): from the mapping, each 64
// KiB touched for the first time costs a page fault of 3 to 5 microseconds, and nothing the second
// time as long as it stays resident; a read costs 0.7 microseconds and a copy. So a file that may
// stay resident as a whole is mapped (8 times faster); of a larger one, rows up to 8 KiB apart are
// (1.1 to 2.6 times), and runs longer than a fault's window, where both cost the same; all others
// are read (1.3 to 3 times).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "fits/section.h"
#include "fits/source.h"

namespace soda::fits {
namespace {

constexpr std::size_t most_pieces = 1024;
constexpr std::int64_t most_bytes = std::int64_t{4} << 20;     // handed on in one call
constexpr std::int64_t fault_window = std::int64_t{64} << 10;  // Linux's fault_around_bytes
constexpr std::int64_t close_rows = std::int64_t{8} << 10;
constexpr std::int64_t buffer_bytes = std::int64_t{256} << 10;

// The runs of adjacent bytes that make up a section, from any run on.
class Runs {
 public:
  Runs(const ImageLayout& image, const Section& section) {
    std::int64_t stride = std::abs(image.bitpix) / 8;
    start_ = image.data_offset;
    length_ = stride;
    bool merging = true;
    for (std::size_t i = 0; i < image.shape.size(); ++i) {
      const std::int64_t extent = section.last[i] - section.first[i] + 1;
      start_ += (section.first[i] - 1) * stride;
      // An axis joins the run as long as all axes before it are whole.
      if (merging) {
        length_ *= extent;
      } else if (extent > 1) {
        axes_.push_back({extent, stride, 0});
        count_ *= extent;
      }
      merging = merging && extent == image.shape[i];
      stride *= image.shape[i];
    }
    here_ = start_;
  }

  std::int64_t length() const noexcept { return length_; }
  std::int64_t count() const noexcept { return count_; }
  std::int64_t here() const noexcept { return here_; }  // offset of the current run
  // Distance of neighbouring runs on the first axis, and how many there are from here to its end.
  std::int64_t stride() const noexcept { return axes_.empty() ? length_ : axes_[0].stride; }
  std::int64_t in_line() const noexcept {
    return axes_.empty() ? 1 : axes_[0].extent - axes_[0].index;
  }

  void go_to(std::int64_t run) noexcept {
    here_ = start_;
    for (Axis& axis : axes_) {
      axis.index = run % axis.extent;
      run /= axis.extent;
      here_ += axis.index * axis.stride;
    }
  }

  void next() noexcept {
    for (Axis& axis : axes_) {
      here_ += axis.stride;
      if (++axis.index < axis.extent) return;
      here_ -= axis.extent * axis.stride;
      axis.index = 0;
    }
  }

 private:
  struct Axis {
    std::int64_t extent, stride, index;
  };
  std::vector<Axis> axes_;
  std::int64_t start_ = 0, here_ = 0, length_ = 1, count_ = 1;
};

void check(const MappedFile& file, const ImageLayout& image, const Section& section) {
  std::int64_t bytes = std::abs(image.bitpix) / 8;
  bool inside = section.first.size() == image.shape.size() &&
                section.last.size() == image.shape.size() && !image.shape.empty() && bytes > 0;
  bool overflow = false;
  for (std::size_t i = 0; inside && i < image.shape.size(); ++i) {
    inside = 1 <= section.first[i] && section.first[i] <= section.last[i] &&
             section.last[i] <= image.shape[i];
    overflow = overflow || __builtin_mul_overflow(bytes, image.shape[i], &bytes);
  }
  if (!inside) throw Failure(FailureKind::internal, "a section lies outside its image");
  if (overflow || image.data_offset < 0 || image.data_offset > file.size() ||
      bytes > file.size() - image.data_offset) {
    throw Failure(FailureKind::corrupt_data, "the image is larger than its file");
  }
}

// Collects pieces and hands them on when there are many; keeps account of the pages they touch.
class MappedPieces {
 public:
  MappedPieces(const MappedFile& file, const ByteSink& sink) : file_(file), sink_(sink) {}

  void expect(const RowSpan& rows) { file_.will_need(rows); }

  void add(std::int64_t offset, std::int64_t length) {
    while (length > 0) {
      if (count_ == most_pieces || bytes_ >= most_bytes) flush();
      const std::int64_t part = std::min(length, most_bytes - bytes_);
      add_part(offset, part);
      offset += part;
      length -= part;
    }
  }

  void flush() {
    if (count_ == 0) return;
    sink_({pieces_.data(), count_});
    file_.touch(windows_ * fault_window);
    count_ = 0;
    bytes_ = windows_ = 0;
  }

 private:
  void add_part(std::int64_t offset, std::int64_t length) {
    char* const at = const_cast<char*>(file_.data()) + offset;
    if (count_ > 0 && end_ == offset) {
      pieces_[count_ - 1].iov_len += static_cast<std::size_t>(length);
    } else {
      pieces_[count_++] = {at, static_cast<std::size_t>(length)};
    }
    // Offsets only grow, so that a window is counted once.
    const std::int64_t last = (offset + length - 1) / fault_window;
    windows_ += last - std::max(offset / fault_window, last_window_ + 1) + 1;
    last_window_ = last;
    bytes_ += length;
    end_ = offset + length;
  }

  const MappedFile& file_;
  const ByteSink& sink_;
  std::array<iovec, most_pieces> pieces_;
  std::size_t count_ = 0;
  std::int64_t bytes_ = 0, windows_ = 0, last_window_ = -1, end_ = -1;
};

// The same through the file's buffer.
class ReadPieces {
 public:
  ReadPieces(const MappedFile& file, const ByteSink& sink)
      : file_(file), sink_(sink), buffer_(file.workspace().buffer) {
    buffer_.resize(buffer_bytes);
  }

  void expect(const RowSpan& rows) {
    expected_ = rows;
    warm_ = true;
  }

  void add(std::int64_t offset, std::int64_t length) {
    while (length > 0) {
      if (used_ == buffer_bytes) flush();
      const std::int64_t part = std::min(length, buffer_bytes - used_);
      read(offset, {buffer_.data() + used_, static_cast<std::size_t>(part)});
      used_ += part;
      offset += part;
      length -= part;
    }
  }

  void flush() {
    if (used_ == 0) return;
    const iovec piece{buffer_.data(), static_cast<std::size_t>(used_)};
    sink_({&piece, 1});
    used_ = 0;
  }

 private:
  // The first row that is not in memory makes the kernel hear of all that were expected.
  void read(std::int64_t offset, std::span<char> into) {
    if (warm_ && file_.copy_cached(offset, into)) return;
    if (warm_) file_.prefetch(expected_);
    warm_ = false;
    file_.copy(offset, into);
  }

  const MappedFile& file_;
  const ByteSink& sink_;
  std::vector<char>& buffer_;
  std::int64_t used_ = 0;
  RowSpan expected_;
  bool warm_ = true;
};

// Feeds the runs of the window [skip, skip + count) to `pieces`; before each few megabytes the
// kernel hears of them.
template <class Pieces>
void feed(Runs& runs, std::int64_t skip, std::int64_t count, Pieces& pieces) {
  const std::int64_t length = runs.length();
  runs.go_to(skip / length);
  std::int64_t cut = skip % length;  // of the current run, done
  std::int64_t told = 0;             // parts to come that the kernel has heard of
  while (count > 0) {
    const std::int64_t part = std::min({length - cut, count, most_bytes});
    if (told == 0 && length > most_bytes) {
      pieces.expect({runs.here() + cut, std::min({length - cut, count, 2 * most_bytes}), 0, 1});
      told = 2;
    } else if (told == 0) {
      const std::int64_t rows = (count + cut + length - 1) / length;
      told = std::min({runs.in_line(), rows, std::max<std::int64_t>(2 * most_bytes / length, 1)});
      pieces.expect({runs.here() + cut, part, runs.stride(), told});
    }
    pieces.add(runs.here() + cut, part);
    count -= part;
    cut += part;
    --told;
    if (cut < length) continue;
    cut = 0;
    runs.next();
  }
  pieces.flush();
}

}  // namespace

std::int64_t Section::pixels() const noexcept {
  std::int64_t product = first.empty() ? 0 : 1;
  for (std::size_t i = 0; i < first.size(); ++i) product *= last[i] - first[i] + 1;
  return product;
}

void copy_plain(const MappedFile& file, const ImageLayout& image, const Section& section,
                const ByteSink& sink, std::int64_t skip, std::int64_t count) {
  check(file, image, section);
  Runs runs(image, section);
  const std::int64_t total = runs.length() * runs.count();
  if (skip < 0 || skip >= total || count <= 0) return;
  count = std::min(count, total - skip);
  const bool mapped =
      file.data() != nullptr && (file.size() <= file.workspace().resident_limit ||
                                 runs.stride() <= close_rows || runs.length() >= fault_window);
  if (!mapped) {
    ReadPieces pieces(file, sink);
    feed(runs, skip, count, pieces);
  } else {
    MappedPieces pieces(file, sink);
    feed(runs, skip, count, pieces);
  }
}

}  // namespace soda::fits
