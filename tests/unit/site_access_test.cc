#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <string>

#include "base/failure.h"
#include "base/time.h"
#include "scratch.h"
#include "site/access.h"
#include "site/config.h"
#include "site/signature.h"

using namespace soda::site;
using soda::Failure;
using soda::FailureKind;

namespace {

// 32 bytes 00 01 … 1f, hexadecimal and as base64.
constexpr char first_secret[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr char second_secret[] = "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=";
const std::string both = std::string("one ") + first_secret + "\ntwo " + second_secret + "\n";

Time at(std::string_view text) { return *soda::utc_from_iso8601(text); }

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

template <class Work>
std::string refusal(FailureKind kind, const Work& work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure.kind() == kind ? failure.what() : std::string("another kind: ") + failure.what();
  }
  return "accepted";
}

std::string bad_keys(const std::string& text) {
  return refusal(FailureKind::usage, [&] { Keys::parse(text, "keys"); });
}

// The verdict about a signature for `id` and `scope` at noon.
std::string verdict(const Keys& keys, const Signature& signature, std::string_view id,
                    Scope scope) {
  return refusal(FailureKind::not_authorised,
                 [&] { keys.verify(signature, id, scope, at("2026-12-24T12:00:00Z")); });
}

void write_keys(const std::string& path, const std::string& text) {
  scratch::write_file(path + ".new", text);
  std::filesystem::permissions(path + ".new", std::filesystem::perms(0600));
  std::filesystem::rename(path + ".new", path);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// RFC 4231 sections 4.2 to 4.8 (4.6 is about truncation).
BOOST_AUTO_TEST_CASE(hmac_of_rfc_4231) {
  BOOST_TEST(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  BOOST_TEST(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  BOOST_TEST(hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))) ==
             "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  BOOST_TEST(hex(hmac_sha256(std::string(131, '\xaa'),
                             "Test Using Larger Than Block-Size Key - Hash Key First")) ==
             "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// Made with Python: base64.urlsafe_b64encode(hmac.new(bytes(range(32)),
// b"libsoda address 1\ndata\n23:ivo://example.org/x?a b\n1798120800", "sha256").digest())
BOOST_AUTO_TEST_CASE(signature_of_python) {
  const Keys keys = Keys::parse(both, "keys");
  const Signature made =
      keys.sign({"ivo://example.org/x?A b", Scope::data, at("2026-12-24T14:00:00Z")});
  BOOST_TEST(made.expires == "2026-12-24T14:00:00Z");
  BOOST_TEST(made.key == "one");
  BOOST_TEST(made.signature == "rsPRw_gXkRxKqAE0zkN1NNxZZSh7Jy3eY30rmfEy1Pc");
  BOOST_TEST(made.query() ==
             "&EXPIRES=2026-12-24T14%3A00%3A00Z&KEY=one&SIGNATURE=" + made.signature);
  // The second key, which only verifies; another spelling of time and identifier.
  const Signature other{"2026-12-24 14:00:00", "two",
                        "qhr_st4P0e2DDkO-DUqDUxfw3vth7kHbEHHmEXf1GFA"};
  BOOST_TEST(verdict(keys, other, "IVO://EXAMPLE.ORG/X?a B", Scope::cut) == "accepted");
}

BOOST_AUTO_TEST_CASE(wrong_late_and_for_something_else) {
  const Keys keys = Keys::parse(both, "keys");
  const std::string id = "ivo://example.org/x?a";
  const Signature good = keys.sign({id, Scope::data, at("2026-12-24T12:00:01Z")});
  BOOST_TEST(verdict(keys, good, id, Scope::data) == "accepted");
  BOOST_TEST(contains(verdict(keys, good, id, Scope::cut), "something else"));
  BOOST_TEST(contains(verdict(keys, good, id + "b", Scope::data), "not right"));
  const Signature late = keys.sign({id, Scope::data, at("2026-12-24T12:00:00Z")});
  BOOST_TEST(contains(verdict(keys, late, id, Scope::data), "good until 2026-12-24T12:00:00Z"));
  // Each character of each value counts.
  for (std::string Signature::*part :
       {&Signature::expires, &Signature::key, &Signature::signature}) {
    for (std::size_t i = 0; i < (good.*part).size(); ++i) {
      Signature bad = good;
      char& c = (bad.*part)[i];
      c = c == 'A' ? 'B' : 'A';
      BOOST_TEST(verdict(keys, bad, id, Scope::data) != "accepted", "character " << i);
      BOOST_TEST(!contains(verdict(keys, bad, id, Scope::data), "another kind"));
      BOOST_TEST(!contains(verdict(keys, bad, id, Scope::data), good.signature));
    }
    Signature without = good;
    (without.*part).clear();
    BOOST_TEST(contains(verdict(keys, without, id, Scope::data), "not all of them"));
  }
  Signature longer = good;
  longer.expires = "2027-12-24T12:00:01Z";
  BOOST_TEST(contains(verdict(keys, longer, id, Scope::data), "not right"));
  for (const std::string& text : {std::string("="), std::string("A"), good.signature + "A",
                                  good.signature.substr(0, 42), std::string(100000, 'A')}) {
    BOOST_TEST(verdict(keys, {good.expires, "one", text}, id, Scope::data) != "accepted");
  }
}

BOOST_AUTO_TEST_CASE(key_files_that_are_not_in_order) {
  BOOST_TEST(contains(bad_keys(""), "keys: the key file has no key"));
  BOOST_TEST(contains(bad_keys("# none\n\n"), "no key"));
  BOOST_TEST(contains(bad_keys("# a\none\n"), "keys:2: a name and a secret are expected, found 1"));
  BOOST_TEST(contains(bad_keys("a/b " + std::string(first_secret)), "keys:1: a key's name"));
  BOOST_TEST(contains(bad_keys("one " + std::string(first_secret).substr(2)), "received 31"));
  BOOST_TEST(contains(bad_keys("one *secret*"), "neither hexadecimal nor base64"));
  BOOST_TEST(!contains(bad_keys("one *secret*"), "*secret*"));
  BOOST_TEST(contains(bad_keys(both + both), "keys:3: the key one is there twice"));
  BOOST_TEST(bad_keys(both) == "accepted");
  BOOST_TEST(bad_keys(new_key_line("a-1")) == "accepted");
  BOOST_TEST(new_key_line("a") != new_key_line("a"));
  BOOST_TEST(refusal(FailureKind::usage, [] { new_key_line("a b"); }) != "accepted");

  scratch::Folder folder;
  const std::string path = folder / "keys";
  const auto load = [&] { return refusal(FailureKind::usage, [&] { Keys::load(path); }); };
  BOOST_TEST(contains(load(), "cannot be read"));
  write_keys(path, both);
  BOOST_TEST(load() == "accepted");
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  BOOST_TEST(contains(load(), "its mode is 0644"));
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  BOOST_TEST(load() == "accepted");
  write_keys(path, both + std::string(std::size_t{1} << 20, '\n'));
  BOOST_TEST(contains(load(), "at most 1048576 bytes"));
  std::filesystem::remove(path);
  ::mkfifo(path.c_str(), 0600);
  BOOST_TEST(contains(load(), "cannot be read"));
}

BOOST_AUTO_TEST_CASE(keys_change_while_the_program_runs) {
  scratch::Folder folder;
  const std::string path = folder / "keys", id = "ivo://a/b?c";
  write_keys(path, std::string("two ") + second_secret + "\n");
  KeyRing ring(path);
  const Signature old = ring.keys().sign({id, Scope::data, at("2026-12-25T00:00:00Z")});
  write_keys(path, both);
  BOOST_TEST(ring.keys().sign({id, Scope::data, at("2026-12-25T00:00:00Z")}).key == "one");
  BOOST_TEST(verdict(ring.keys(), old, id, Scope::data) == "accepted");
  write_keys(path, std::string("one ") + first_secret + "\n");
  BOOST_TEST(contains(verdict(ring.keys(), old, id, Scope::data), "no such key"));
  write_keys(path, "one\n");
  BOOST_TEST(contains(refusal(FailureKind::unavailable, [&] { ring.keys(); }), "not in order"));
  BOOST_TEST(contains(refusal(FailureKind::unavailable, [&] { ring.keys(); }), "not in order"));
  write_keys(path, both);
  BOOST_TEST(verdict(ring.keys(), old, id, Scope::data) == "accepted");
}

BOOST_AUTO_TEST_CASE(what_is_restricted) {
  const Time now = at("2026-12-24T12:00:00Z");
  const auto restricted = [&](std::string_view rights, std::string_view date) {
    return is_restricted({"ivo://a/b?c", rights, date}, now);
  };
  BOOST_TEST(!restricted("", ""));
  BOOST_TEST(!restricted("public", ""));
  BOOST_TEST(!restricted("PUBLIC", "2030-01-01"));
  BOOST_TEST(restricted("secure", ""));
  BOOST_TEST(restricted("Secure", "2000-01-01"));
  BOOST_TEST(restricted("embargoed", "2000-01-01"));
  BOOST_TEST(restricted("proprietary", ""));
  BOOST_TEST(restricted("proprietary", "soon"));
  BOOST_TEST(restricted("proprietary", "9999-12-31"));
  BOOST_TEST(restricted("proprietary", "2026-12-24T12:00:01"));
  BOOST_TEST(!restricted("proprietary", "2026-12-24T11:59:59"));
  BOOST_TEST(!restricted("proprietary", "1950-01-01"));
}

BOOST_AUTO_TEST_CASE(who_may_read) {
  scratch::Folder folder;
  write_keys(folder / "keys", both);
  const std::string file = "key_file = \"" + (folder / "keys") + "\"\n";
  const Terms open{"ivo://a/b?c", "", ""}, closed{"ivo://a/b?c", "secure", ""};
  Access anonymous(Config::parse(file, "soda.toml"));
  Access named(Config::parse("auth = \"server\"\n", "soda.toml"));
  const auto answer = [](Access& access, const Terms& terms, const Caller& caller) {
    try {
      return access.admit(terms, Scope::data, caller) == Readers::some ? 'p' : '*';
    } catch (const Failure& failure) {
      return failure.kind() == FailureKind::not_authenticated ? '1' : '3';
    }
  };
  const Time later = std::chrono::system_clock::now() + std::chrono::minutes(1);
  const Signature good = Keys::parse(both, "keys").sign({open.id, Scope::data, later});
  const Signature bad{good.expires, good.key, "AAAA"};
  BOOST_TEST(answer(anonymous, open, {}) == '*');
  BOOST_TEST(answer(anonymous, closed, {}) == '3');
  BOOST_TEST(answer(anonymous, closed, {"", good}) == 'p');
  BOOST_TEST(answer(anonymous, open, {"", good}) == '*');
  BOOST_TEST(answer(anonymous, open, {"", bad}) == '3');
  BOOST_TEST(answer(anonymous, closed, {"", bad}) == '3');
  BOOST_TEST(answer(named, closed, {}) == '1');
  BOOST_TEST(answer(named, closed, {"ada", {}}) == 'p');
  BOOST_TEST(answer(named, open, {"ada", {}}) == '*');
  BOOST_TEST(answer(named, open, {"ada", good}) == '3');  // no key file
  BOOST_TEST(anonymous.may_read(closed, Scope::data, {"", good}));
  BOOST_TEST(!anonymous.may_read(closed, Scope::cut, {"", good}));
  BOOST_TEST(!named.may_read(closed, Scope::data, {}));
  BOOST_TEST(anonymous.can_sign());
  BOOST_TEST(!named.can_sign());
  // What it hands out lets in.
  const std::string query = anonymous.signed_query(closed.id, Scope::data, later);
  BOOST_TEST(query == good.query());
  BOOST_CHECK_THROW(Access(Config::parse("key_file = \"/nowhere\"\n", "soda.toml")), Failure);
}
