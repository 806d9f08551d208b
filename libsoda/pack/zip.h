// A zip archive (APPNOTE 6.3, with zip64 where sizes need it), members stored as they are: pixels
// of the sky are noise to a compressor of bytes.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <span>
#include <string>

namespace soda::pack {

class ZipFile {
 public:
  // Makes the file. This and all else throw std::system_error with what the disk says.
  explicit ZipFile(const std::string& path);
  ~ZipFile();
  ZipFile(const ZipFile&) = delete;
  ZipFile& operator=(const ZipFile&) = delete;

  // A member of `size` bytes, which come by write() in parts. `name` is ASCII.
  void begin(const std::string& name, std::int64_t size, std::time_t modified);
  void write(std::span<const char> bytes);
  // After the last member.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace soda::pack
