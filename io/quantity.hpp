#pragma once

#include <cstdint>

#include "core/units.hpp"
#include "io/text.hpp"

/// Quantities as people write them: a number and a unit, with or without a space between (`25 Gbit/s`, `80GiB`, `5 us`).
/// Numbers are read alike in every locale. All of them throw BadInput: no number, no unit, unknown unit, trailing text, negative,
/// not finite, out of range.
namespace forerun {

enum class Zero { refused, allowed };

/// B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB; at most 2^53 bytes.
Bytes parse_bytes(const Text& text, Zero zero = Zero::refused);

/// The same with `/s`, and in bits: bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s, Kibit/s, Mibit/s, Gibit/s; short forms too, in
/// which a small b is a bit: Gbps, Gb/s, GBps. From 1 to 2^53 bytes/s.
BytesPerSecond parse_bandwidth(const Text& text);

/// ns, us, ms, s, min, h, d; at most 2^53 seconds.
Seconds parse_seconds(const Text& text, Zero zero = Zero::refused);

/// flop/s, kflop/s, ... Eflop/s (`FLOP/s` too); from 1 flop/s to 1e21 flop/s.
FlopsPerSecond parse_flop_rate(const Text& text);

/// USD/h: what an hour of something costs; at most 1e9 USD/h.
Dollars parse_price_per_hour(const Text& text);

/// W, kW, MW; at most 1e9 W.
Watts parse_power(const Text& text);

/// A whole number in [least, most].
std::int64_t parse_integer(const Text& text, std::int64_t least, std::int64_t most);

/// A plain number in [least, most].
double parse_number(const Text& text, double least, double most);

/// A fraction in [least, most], written `0.05` or `5 %`.
double parse_fraction(const Text& text, double least, double most);

}  // namespace forerun
