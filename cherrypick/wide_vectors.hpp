#pragma once

/// Before a function whose loops go over many candidates: it is compiled for wider vectors too, and the machine takes what it has. Each
/// element sees the same operations in the same order whatever the width, so that results do not depend on it. Without, where compilers
/// or sanitizers do not go along.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FORERUN_WIDE_VECTORS
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FORERUN_WIDE_VECTORS
#endif
#if !defined(FORERUN_WIDE_VECTORS) && defined(__x86_64__) && defined(__gnu_linux__) && defined(__OPTIMIZE__)
#if (defined(__clang__) && __clang_major__ >= 14) || (!defined(__clang__) && defined(__GNUC__))
#define FORERUN_WIDE_VECTORS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#endif
#endif
#ifndef FORERUN_WIDE_VECTORS
#define FORERUN_WIDE_VECTORS
#endif
