// Which types may stand where. Private to the room.
//
// A letter is a kind of argument: n a number, i a whole number, s text, c a number or text or time,
// t a time (or text that is one), p a point, g a geometry. NULL may stand anywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tap/value.h"

namespace soda::tap {

bool is_of(const Value& value, char kind);
// Throws as refuse() does: "found a number, expected a character string as `role`".
void need_type(const Value& value, char kind, std::string_view role);
// Numbers with numbers, texts with texts and times; never geometries.
void need_comparable(const Value& a, const Value& b, Place place);
// The type that holds both; `so_far` empty is NULL. Throws for a number and a text.
std::optional<Type> common_type(std::optional<Type> so_far, const Value& value,
                                std::string_view what);
// The same for types alone; nothing when there is none.
std::optional<Type> wider(Type a, Type b);
// A number that SQLite reads back as the same double.
std::string real_text(double number);

}  // namespace soda::tap
