// The reference that knows nothing before the request: a FastCGI program that opens the file with
// CFITSIO, parses its header with WCSLIB, reads the box with fits_read_subset, makes the answer in
// a memory file and sends it by FCGX_PutStr.
//
//   percall     descriptor 0 is the listening socket; "?FILE=PATH&CIRCLE=LON LAT RADIUS"
#include <fcgiapp.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "http/form.h"
#include "sky_image.h"

namespace {

std::string parameter(std::string_view query, std::string_view name) {
  for (const std::string_view pair : soda::split(query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name || equals == pair.size()) continue;
    return soda::http::percent_decode(pair.substr(equals + 1), soda::http::Plus::blank)
        .value_or("");
  }
  return {};
}

// A memory file with the parent's header and the box's pixels.
class MemoryFits {
 public:
  MemoryFits(fitsfile* parent, const bench::Box& box) {
    int status = 0, bitpix = 0;
    fitsfile* made = nullptr;
    fits_create_memfile(&made, &memory_, &size_, 2880, std::realloc, &status);
    bench::FitsFile file(made);
    fits_get_img_type(parent, &bitpix, &status);
    long shape[2] = {static_cast<long>(box.width), static_cast<long>(box.height)};
    long first[2] = {static_cast<long>(box.x), static_cast<long>(box.y)};
    long last[2] = {first[0] + shape[0] - 1, first[1] + shape[1] - 1};
    long step[2] = {1, 1};
    // Not fits_copy_header and fits_resize_img: those would make a memory file of the parent's
    // size.
    fits_create_img(made, bitpix, 2, shape, &status);
    copy_cards(parent, made, &status);
    shift(made, "CRPIX1", first[0], &status);
    shift(made, "CRPIX2", first[1], &status);
    const int type = bitpix < 0 ? TFLOAT : TSHORT;
    std::vector<char> pixels(static_cast<std::size_t>(box.width * box.height) * 4);
    fits_read_subset(parent, type, first, last, step, nullptr, pixels.data(), nullptr, &status);
    fits_write_img(made, type, 1, box.width * box.height, pixels.data(), &status);
    fits_flush_file(made, &status);
    bench::check_fits(status, "cutting");
  }
  ~MemoryFits() { std::free(memory_); }
  MemoryFits(const MemoryFits&) = delete;
  MemoryFits& operator=(const MemoryFits&) = delete;

  std::string_view bytes() const { return {static_cast<const char*>(memory_), size_}; }

 private:
  static void copy_cards(fitsfile* from, fitsfile* to, int* status) {
    int count = 0, more = 0;
    fits_get_hdrspace(from, &count, &more, status);
    for (int i = 1; i <= count; ++i) {
      char card[FLEN_CARD];
      fits_read_record(from, i, card, status);
      if (fits_get_keyclass(card) > TYP_CMPRS_KEY) fits_write_record(to, card, status);
    }
  }
  static void shift(fitsfile* file, const char* name, long first, int* status) {
    double value = 0;
    fits_read_key(file, TDOUBLE, name, &value, nullptr, status);
    value -= static_cast<double>(first - 1);
    fits_update_key(file, TDOUBLE, name, &value, nullptr, status);
  }

  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

void answer(FCGX_Request& request) {
  const char* query = FCGX_GetParam("QUERY_STRING", request.envp);
  std::vector<double> numbers;
  const std::string circle = parameter(query, "CIRCLE");
  for (const std::string_view word : soda::split_blanks(circle)) {
    numbers.push_back(soda::to_double(word).value_or(0));
  }
  numbers.resize(3);
  const auto file = bench::open_image(parameter(query, "FILE"));
  const bench::Sky sky(file.get());
  const MemoryFits cut(file.get(), sky.box_of_circle(numbers[0], numbers[1], numbers[2]));
  const std::string head = fmt::format(
      "Content-Type: application/fits\r\nContent-Length: {}\r\n\r\n", cut.bytes().size());
  FCGX_PutStr(head.data(), static_cast<int>(head.size()), request.out);
  FCGX_PutStr(cut.bytes().data(), static_cast<int>(cut.bytes().size()), request.out);
}

void on_term(int) { FCGX_ShutdownPending(); }

}  // namespace

int main() {
  struct sigaction action = {};
  action.sa_handler = on_term;
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  FCGX_Request request;
  if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0) return 1;
  while (FCGX_Accept_r(&request) == 0) {
    try {
      answer(request);
    } catch (const std::exception& error) {
      fmt::print(stderr, "percall: {}\n", error.what());
      FCGX_FPrintF(request.out, "Status: 500 Internal Server Error\r\n\r\n");
    }
    FCGX_Finish_r(&request);
  }
  return 0;
}
