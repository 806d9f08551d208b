// Signed addresses: an HMAC-SHA-256 (RFC 2104, FIPS 180-4) over a data set's identifier, what may
// be done with it and until when, made with a secret of the site's key file.
//
// In a URL they are three parameters: EXPIRES (ISO 8601, UTC, whole seconds), KEY (the name of the
// secret) and SIGNATURE (base64url without padding, RFC 4648 section 5). Identifiers are taken
// ignoring ASCII case, as they are everywhere (IVOA Identifiers 2.0 section 2.1).
//
// Key file: one key a line, "name secret", the secret as base64 or (when all of it is hexadecimal
// digits) as hex, at least 32 bytes; empty lines and lines that begin with '#' do not count. The
// first key signs, all of them verify: a new key is put in front, an old one stays for as long as
// its signatures are to live. The file must not be readable for others.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soda::site {

// What a signature allows.
enum class Scope {
  data,  // the file, its header, companions and pictures
  cut,   // cutouts
};
std::string_view name_of(Scope scope);
std::optional<Scope> scope_named(std::string_view name);

// What is signed.
struct Grant {
  std::string_view id;
  Scope scope = Scope::data;
  std::chrono::system_clock::time_point expires;  // whole seconds count
};

// The values of the three parameters; one that was not sent is empty.
struct Signature {
  std::string expires, key, signature;
  bool empty() const noexcept { return expires.empty() && key.empty() && signature.empty(); }
  // "&EXPIRES=...&KEY=...&SIGNATURE=...", to be put behind an address that has a query.
  std::string query() const;
};

// HMAC-SHA-256 of a message: 32 bytes.
std::string hmac_sha256(std::string_view secret, std::string_view message);

class Keys {
 public:
  // The text of a key file; `path` is only its name in messages. Throws Failure(usage) naming
  // path:line, never a secret.
  static Keys parse(std::string_view text, const std::string& path);
  // Throws Failure(usage) too when the file cannot be read, is larger than 1 MiB, or is readable or
  // writable for others.
  static Keys load(const std::string& path);

  // With the first key. There is always one.
  Signature sign(const Grant& grant) const;
  // Throws Failure(not_authorised) unless the signature is right, in time (`now`) and for `scope`
  // of `id`; the sentence says which of these it is not, and never what would be right. Takes the
  // same time for all signatures of a key.
  void verify(const Signature& signature, std::string_view id, Scope scope,
              std::chrono::system_clock::time_point now) const;

 private:
  struct Key {
    std::string name, secret;
  };
  std::vector<Key> keys_;
};

// A line for the key file, with 32 random bytes; Failure(usage) for a name that is not 1 to 64
// letters, digits, - _ .
std::string new_key_line(std::string_view name);

// The keys of a file that may be edited while the program runs.
class KeyRing {
 public:
  // Empty path: no keys. Throws as Keys::load.
  explicit KeyRing(std::string path);
  ~KeyRing();
  bool empty() const noexcept { return path_.empty(); }
  // As the file is now: one stat as long as it does not change. Valid until the next call. Throws
  // Failure(unavailable) when the file is no longer in order: keys that may have been withdrawn are
  // not used. REQUIRES: not empty().
  const Keys& keys();

 private:
  struct Stamp;
  std::string path_;
  std::unique_ptr<Stamp> stamp_;
  std::optional<Keys> keys_;
};

}  // namespace soda::site
