// A FITS file on disk: its identity, its HDUs, its bytes. Read-only; every length in a header is
// checked against the file.
//
// Files that are gzipped as a whole (known by content, not by name) are inflated once into a cache
// folder of bounded size (FileCache); scan() reads their headers without that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/handle.h"
#include "fits/header.h"

namespace soda::fits {

// What says that a file is the one that was ingested.
struct Identity {
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  bool operator==(const Identity&) const = default;
};
// One stat. Throws Failure(unavailable) when the file cannot be reached.
Identity identify(const std::string& path);

enum class HduKind { image, compressed_image, table, ascii_table, other };

struct Compression {
  std::string algorithm;           // ZCMPTYPE
  std::vector<std::int64_t> tile;  // ZTILEn, one per image axis
  std::string quantization;        // ZQUANTIZ, empty when none
};

struct Hdu {
  int index = 0;  // 0 = primary
  HduKind kind = HduKind::other;
  Header header;                   // as stored
  std::int64_t header_offset = 0;  // in the (unpacked) file
  std::int64_t data_offset = 0;
  std::int64_t data_length = 0;     // bytes of data proper, padding not counted
  std::string extname;              // trimmed; empty when absent or the default COMPRESSED_IMAGE
  std::int64_t extver = 1;          // EXTVER
  int bitpix = 0;                   // of the image (ZBITPIX for a compressed one); 0 for tables
  std::vector<std::int64_t> shape;  // NAXIS1.. of the image (ZNAXISn); empty: no data
  std::optional<Compression> compression;

  // The header of the image as if it had never been compressed (see below); for other kinds the
  // header itself.
  Header image_header() const;
};

// The header of a tile-compressed image as if it had never been compressed (FITS 4.0
// section 10.1.2: Z keywords undone, table keywords dropped, order of the others kept), from the
// stored cards. Always an image extension (XTENSION= 'IMAGE   '), also when ZSIMPLE says that it
// was a primary HDU once.
Header uncompressed_header(const Header& stored);

struct Problem {
  int hdu = 0;           // where the scan stopped
  std::string sentence;  // why
};

// All HDUs that can be read, in order, from headers alone. A damaged HDU ends the list and is told
// in `problem`. What follows the last HDU and is none is ignored (FITS 4.0 section 3.5, special
// records).
struct Scan {
  Identity identity;
  bool gzipped = false;
  std::vector<Hdu> hdus;
  std::optional<Problem> problem;
};
// Throws Failure(unavailable) when the file cannot be opened; Failure(corrupt_data) when it does
// not even begin like FITS. Limits: 4096 HDUs, 16 MiB a header (200,000 cards), NAXIS 0 to 999,
// products checked for overflow and against the file's size. Of gzipped files: inflates what it
// must, stops after `gzip_limit` bytes of inflated data.
Scan scan(const std::string& path, std::int64_t gzip_limit = std::int64_t{4} << 30);
// The same of what lies in [offset, offset + length) of an open file, plain: offsets of HDUs count
// from there, the identity is that of the whole file.
Scan scan_part(int descriptor, std::int64_t offset, std::int64_t length);

// How bytes come from the disk: `map` suits local disks, `read` file systems where a mapping may
// fail late (NFS): then nothing is ever mapped.
enum class FileAccess { map, read };

// What the open files of one process share, so that they are bounded in sum: the buffer for reads,
// and an estimate of how many bytes of page tables' worth of mapped files are resident.
struct Workspace {
  std::vector<char> buffer;
  std::int64_t resident = 0;
  std::int64_t resident_limit = std::int64_t{20} << 20;
};

// Pieces of a file at equal distances, in bytes.
struct RowSpan {
  std::int64_t offset = 0, length = 0, stride = 0, count = 0;
};

// The bytes of an uncompressed file, mapped for the life of the object; a process keeps few of them
// (see FileCache). One thread.
class MappedFile {
 public:
  // Throws Failure(unavailable) when it cannot be opened, Failure(corrupt_data) when it is not
  // `expected`.
  MappedFile(const std::string& path, const Identity& expected, FileAccess access = FileAccess::map,
             std::shared_ptr<Workspace> workspace = std::make_shared<Workspace>());
  // A file that is open already, whatever it is.
  MappedFile(FileDescriptor file, FileAccess access, std::shared_ptr<Workspace> workspace);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const Identity& identity() const noexcept { return identity_; }
  int descriptor() const noexcept { return fd_.get(); }
  // Mapped bytes, null with FileAccess::read: valid while the file keeps its size. Hand them to
  // write(2) (a truncated file then gives EFAULT, not a signal); to touch them in this process use
  // copy(). Say touch() afterwards.
  const char* data() const noexcept { return data_; }
  std::int64_t size() const noexcept { return identity_.size; }
  // Reads by pread; Failure(corrupt_data) on a short file.
  void copy(std::int64_t offset, std::span<char> into) const;
  // The same without waiting for the disk: false when not all of it is in memory (or the file
  // system cannot tell).
  bool copy_cached(std::int64_t offset, std::span<char> into) const noexcept;
  // Tells the kernel that these rows are about to be read; will_need() only when a probe finds them
  // not in memory.
  void prefetch(const RowSpan& rows) const noexcept;
  void will_need(const RowSpan& rows) const noexcept;
  // That many bytes of mapped pages have become resident. Beyond the workspace's limit the pages
  // are given back (the kernel keeps them cached; only this process's view of them goes).
  void touch(std::int64_t bytes) const;
  void forget() const;
  Workspace& workspace() const noexcept { return *workspace_; }

 private:
  FileDescriptor fd_;
  Identity identity_;
  const char* data_ = nullptr;
  std::shared_ptr<Workspace> workspace_;
  mutable std::int64_t resident_ = 0;
};

// Most recently used open files, by path and identity; at most `capacity` at once. One per process,
// one thread.
class FileCache {
 public:
  struct Settings {
    std::size_t capacity = 64;
    FileAccess access = FileAccess::map;
    std::string unpack_folder = {};  // empty: gzipped files are refused
    std::int64_t unpack_limit = 0;   // bytes of all unpacked files together
  };
  FileCache();
  explicit FileCache(Settings settings);
  ~FileCache();
  // The file; a gzipped one after unpacking into the folder (least recently used ones deleted
  // beyond the limit; concurrent first requests of several processes unpack harmlessly twice;
  // renamed into place). Throws as MappedFile; Failure(too_large) when an unpacked file would
  // exceed the limit. `identity()` of the result is that of the unpacked file.
  std::shared_ptr<const MappedFile> open(const std::string& path, const Identity& expected,
                                         bool gzipped);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace soda::fits
