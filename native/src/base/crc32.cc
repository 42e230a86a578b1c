#include "base/crc32.h"

#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace theflash {
namespace {

constexpr uint32_t kPolynomial = 0xedb88320;

constexpr std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}

constexpr auto kTable = MakeTable();

uint32_t UpdateByTable(uint32_t crc, const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) crc = crc >> 8 ^ kTable[(crc ^ bytes[i]) & 0xff];
  return crc;
}

#if defined(__x86_64__)

// Folds 64 bytes at a time by carry-less multiplication, then 16, and reduces what is left.
//
// Source: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel, 2009; the constants are those for the reflected polynomial of CRC32.
__attribute__((target("pclmul,sse4.1"))) uint32_t UpdateByFolding(uint32_t crc,
                                                                  const uint8_t* bytes,
                                                                  size_t size) {
  const auto load = [](const uint8_t* from) __attribute__((target("pclmul,sse4.1"))) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  };
  const auto fold =
      [](__m128i value, __m128i next, __m128i by) __attribute__((target("pclmul,sse4.1"))) {
    return _mm_xor_si128(
        _mm_xor_si128(_mm_clmulepi64_si128(value, by, 0x00), _mm_clmulepi64_si128(value, by, 0x11)),
        next);
  };
  const __m128i by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  const __m128i by16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  __m128i a = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128(static_cast<int>(crc)));
  __m128i b = load(bytes + 16);
  __m128i c = load(bytes + 32);
  __m128i d = load(bytes + 48);
  for (bytes += 64, size -= 64; size >= 64; bytes += 64, size -= 64) {
    a = fold(a, load(bytes), by64);
    b = fold(b, load(bytes + 16), by64);
    c = fold(c, load(bytes + 32), by64);
    d = fold(d, load(bytes + 48), by64);
  }
  a = fold(fold(fold(a, b, by16), c, by16), d, by16);
  for (; size >= 16; bytes += 16, size -= 16) a = fold(a, load(bytes), by16);
  // 128 bits to 64, to 32, and the last division by Barrett's method.
  const __m128i low32 = _mm_setr_epi32(-1, 0, -1, 0);
  a = _mm_xor_si128(_mm_clmulepi64_si128(a, by16, 0x10), _mm_srli_si128(a, 8));
  const __m128i by4 = _mm_set_epi64x(0, 0x0163cd6124);
  a = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(a, low32), by4, 0x00), _mm_srli_si128(a, 4));
  const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(a, low32), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low32), barrett, 0x00);
  return UpdateByTable(static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(a, quotient), 1)),
                       bytes, size);
}

const bool kCanFold = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");

#endif

}  // namespace

uint32_t Crc32(const uint8_t* bytes, size_t size) {
#if defined(__x86_64__)
  if (kCanFold && size >= 64) return ~UpdateByFolding(~0U, bytes, size);
#endif
  return ~UpdateByTable(~0U, bytes, size);
}

}  // namespace theflash
