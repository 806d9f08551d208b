// Replays the kept corpus through a target that was built without libFuzzer.
//
//   fuzz_NAME [FILE|FOLDER]…    default: the folder fuzz/corpus/NAME of the source tree ($srcdir)
//
// A line a file, as in all suites; a crash ends the program after `replaying FILE`, which names it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "target.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(place)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

fs::path default_corpus(const fs::path& program) {
  const char* source = std::getenv("srcdir");
  std::string target = program.filename();
  target.erase(0, target.find('_') + 1);
  return fs::path(source != nullptr ? source : ".") / "fuzz" / "corpus" / target;
}

bool replay(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
  if (!in) {
    std::printf("not ok %s: it cannot be read\n", file.c_str());
    return false;
  }
  std::fprintf(stderr, "replaying %s\n", file.c_str());
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const fs::path folder = file.parent_path().filename();
  std::printf("ok fuzz/%s\n", (folder / file.filename()).c_str());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> places(argv + 1, argv + argc);
  if (places.empty()) places.push_back(default_corpus(argv[0]));
  std::size_t passed = 0, failed = 0;
  for (const auto& place : places) {
    for (const auto& file : files_of(place)) ++(replay(file) ? passed : failed);
  }
  std::printf("%zu passed, %zu failed, 0 skipped\n", passed, failed);
  return failed != 0 || passed == 0 ? 1 : 0;
}
