#pragma once

#include "core/storage.hpp"

namespace forerun::test {

/// A storage that is as fast in both directions.
inline Storage storage(Storage::Kind kind, Storage::Access access) {
  Storage storage;
  storage.name = "storage";
  storage.kind = kind;
  storage.read = storage.write = access;
  return storage;
}

}  // namespace forerun::test
