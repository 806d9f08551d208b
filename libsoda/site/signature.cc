#include "site/signature.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/failure.h"
#include "base/handle.h"
#include "base/text.h"
#include "base/time.h"

namespace soda::site {
namespace {

constexpr std::size_t shortest_secret = 32;  // bytes: as long as the digest (RFC 2104 section 3)
constexpr std::size_t longest_name = 64;
constexpr std::size_t file_limit = 1 << 20;

constexpr std::array<std::pair<Scope, std::string_view>, 2> scopes = {
    {{Scope::data, "data"}, {Scope::cut, "cut"}}};

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  });
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_of(text[i]), low = digit_of(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

using StartDecoding = void (*)(base64_decode_ctx*);

// nettle wants the padding, which base64url is mostly written without.
std::optional<std::string> from_base64(std::string text, StartDecoding start) {
  while (text.size() % 4 != 0) text += '=';
  base64_decode_ctx context;
  start(&context);
  std::string bytes(BASE64_DECODE_LENGTH(text.size()), '\0');
  std::size_t length = bytes.size();
  auto* to = reinterpret_cast<std::uint8_t*>(bytes.data());
  if (base64_decode_update(&context, &length, to, text.size(), text.data()) == 0 ||
      base64_decode_final(&context) == 0) {
    return std::nullopt;
  }
  bytes.resize(length);
  return bytes;
}

std::string to_base64url(std::string_view bytes) {
  base64_encode_ctx context;
  base64url_encode_init(&context);
  std::string text(BASE64_ENCODE_LENGTH(bytes.size()) + BASE64_ENCODE_FINAL_LENGTH, '\0');
  std::size_t length = base64_encode_update(&context, text.data(), bytes.size(), bytes_of(bytes));
  length += base64_encode_final(&context, text.data() + length);
  text.resize(length);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::string message_of(const Grant& grant) {
  using std::chrono::seconds;
  const auto expires = std::chrono::floor<seconds>(grant.expires).time_since_epoch().count();
  // The length in front of the identifier, which may hold any character: no two grants give one
  // message.
  return fmt::format("libsoda address 1\n{}\n{}:{}\n{}", name_of(grant.scope), grant.id.size(),
                     to_lower(grant.id), expires);
}

[[noreturn]] void refuse(std::string_view parameter, std::string sentence) {
  throw Failure(FailureKind::not_authorised, std::move(sentence), std::string(parameter));
}

[[noreturn]] void refuse_line(const std::string& path, int line, const std::string& what) {
  throw Failure(FailureKind::usage, fmt::format("{}:{}: {}", path, line, what), "key_file");
}

std::string secret_of(std::string_view text, const std::string& path, int line) {
  auto secret = from_hex(text);
  if (!secret) secret = from_base64(std::string(text), base64_decode_init);
  if (!secret) secret = from_base64(std::string(text), base64url_decode_init);
  if (!secret) refuse_line(path, line, "the secret is neither hexadecimal nor base64");
  if (secret->size() < shortest_secret) {
    refuse_line(path, line,
                fmt::format("a secret of at least {} bytes is expected, received {}",
                            shortest_secret, secret->size()));
  }
  return *secret;
}

[[noreturn]] void refuse_file(const std::string& path, const std::string& what) {
  throw Failure(FailureKind::usage, fmt::format("{}: {}", path, what), "key_file");
}

std::string read_all(int fd, const std::string& path) {
  std::string text;
  std::array<char, 4096> part;
  while (true) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0) refuse_file(path, "the key file cannot be read");
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > file_limit) {
      refuse_file(path, fmt::format("a key file of at most {} bytes is read", file_limit));
    }
  }
}

}  // namespace

std::string_view name_of(Scope scope) {
  return std::ranges::find(scopes, scope, &std::pair<Scope, std::string_view>::first)->second;
}

std::optional<Scope> scope_named(std::string_view name) {
  const auto found = std::ranges::find(scopes, name, &std::pair<Scope, std::string_view>::second);
  return found == scopes.end() ? std::nullopt : std::optional(found->first);
}

std::string Signature::query() const {
  return fmt::format("&EXPIRES={}&KEY={}&SIGNATURE={}", percent_encode(expires),
                     percent_encode(key), percent_encode(signature));
}

std::string hmac_sha256(std::string_view secret, std::string_view message) {
  hmac_sha256_ctx context;
  hmac_sha256_set_key(&context, secret.size(), bytes_of(secret));
  hmac_sha256_update(&context, message.size(), bytes_of(message));
  std::string digest(SHA256_DIGEST_SIZE, '\0');
  hmac_sha256_digest(&context, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
  return digest;
}

Keys Keys::parse(std::string_view text, const std::string& path) {
  Keys keys;
  int number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#')) continue;
    const auto words = split_blanks(line);
    if (words.size() != 2) {
      refuse_line(path, number,
                  fmt::format("a name and a secret are expected, found {} words", words.size()));
    }
    if (!is_name(words[0])) {
      refuse_line(path, number,
                  fmt::format("a key's name has 1 to {} letters, digits, - _ .", longest_name));
    }
    const std::string name(words[0]);
    if (std::ranges::find(keys.keys_, name, &Key::name) != keys.keys_.end()) {
      refuse_line(path, number, fmt::format("the key {} is there twice", name));
    }
    keys.keys_.push_back({name, secret_of(words[1], path, number)});
  }
  if (keys.keys_.empty()) refuse_file(path, "the key file has no key; sodactl key makes one");
  return keys;
}

Keys Keys::load(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    refuse_file(path, "the key file cannot be read");
  }
  if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    refuse_file(path, fmt::format("a key file that others can neither read nor write is expected, "
                                  "its mode is {:04o}; chmod o-rwx",
                                  status.st_mode & 07777U));
  }
  return parse(read_all(file.get(), path), path);
}

Signature Keys::sign(const Grant& grant) const {
  const Key& key = keys_.front();
  return {iso8601_utc(grant.expires), key.name,
          to_base64url(hmac_sha256(key.secret, message_of(grant)))};
}

void Keys::verify(const Signature& signature, std::string_view id, Scope scope,
                  std::chrono::system_clock::time_point now) const {
  if (signature.expires.empty() || signature.key.empty() || signature.signature.empty()) {
    refuse("SIGNATURE",
           "a signed address has EXPIRES, KEY and SIGNATURE; not all of them are here");
  }
  const auto expires = utc_from_iso8601(signature.expires);
  const auto key = std::ranges::find(keys_, signature.key, &Key::name);
  if (key == keys_.end()) {
    refuse("KEY", fmt::format("KEY: this site signs with no such key (any more), received \"{}\"",
                              quoted(signature.key)));
  }
  const auto presented = from_base64(signature.signature, base64url_decode_init);
  if (!expires || !presented || presented->size() != SHA256_DIGEST_SIZE) {
    refuse("SIGNATURE", "SIGNATURE: the signature is not right; the address has been changed");
  }
  std::optional<Scope> granted;
  for (const auto& [each, name] : scopes) {
    const std::string right = hmac_sha256(key->secret, message_of({id, each, *expires}));
    if (memeql_sec(right.data(), presented->data(), right.size()) != 0) granted = each;
  }
  if (!granted) {
    refuse("SIGNATURE",
           "SIGNATURE: the signature is not right; the address has been changed, or was signed for "
           "another data set");
  }
  if (*granted != scope) {
    refuse("SIGNATURE", fmt::format("SIGNATURE: the address was signed for something else, not for "
                                    "what is asked here ({})",
                                    name_of(scope)));
  }
  if (*expires <= now) {
    refuse("EXPIRES", fmt::format("EXPIRES: the signature is too late, it was good until {}",
                                  iso8601_utc(*expires)));
  }
}

std::string new_key_line(std::string_view name) {
  if (!is_name(name)) {
    throw Failure(FailureKind::usage,
                  fmt::format("NAME: 1 to {} letters, digits, - _ . are expected, received \"{}\"",
                              longest_name, quoted(name)));
  }
  std::string secret(shortest_secret, '\0');
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    throw Failure(FailureKind::unavailable, "the system has no random numbers");
  }
  return fmt::format("{} {}", name, to_base64url(secret));
}

// What tells that a file is another one, or has been written.
struct KeyRing::Stamp {
  using Parts =
      std::tuple<dev_t, ino_t, off_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
  Parts parts{};

  static Stamp of(const std::string& path) {
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0) return {};
    return {Parts(s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                  s.st_ctim.tv_sec, s.st_ctim.tv_nsec)};
  }
};

KeyRing::KeyRing(std::string path) : path_(std::move(path)), stamp_(std::make_unique<Stamp>()) {
  if (path_.empty()) return;
  *stamp_ = Stamp::of(path_);
  keys_ = Keys::load(path_);
}

KeyRing::~KeyRing() = default;

const Keys& KeyRing::keys() {
  const Stamp stamp = Stamp::of(path_);
  if (!keys_ || stamp.parts != stamp_->parts) {
    keys_.reset();
    *stamp_ = stamp;
    try {
      keys_ = Keys::load(path_);
    } catch (const Failure&) {
      throw Failure(FailureKind::unavailable,
                    "signed addresses cannot be checked for the moment: the site's key file is not "
                    "in order (sodactl check says why)");
    }
  }
  return *keys_;
}

}  // namespace soda::site
