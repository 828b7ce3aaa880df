/* SPDX-License-Identifier: MIT
 * An arena as JavaScript holds it: an opaque external, with the places of its tables checked once. */
#ifndef ADDON_ARENA_VIEW_H
#define ADDON_ARENA_VIEW_H

#include <napi.h>

#include <memory>
#include <string>

#include "shim.h"

class Follower;

class ArenaView {
public:
  /* Owns `map`. Throws EPROTO when a table does not fit in the file. */
  ArenaView(Napi::Env env, const struct api &shim, struct arena *map, const std::string &dir);
  ArenaView(const ArenaView &) = delete;
  ~ArenaView();

  /* The mapping, or an error when the arena was closed. */
  struct arena *map(Napi::Env env) const;
  const struct api &shim() const { return shim_; }
  const struct wire_arena &layout() const { return layout_; }
  template <typename Entry> const Entry *table(Napi::Env env, uint32_t offset) const {
    return reinterpret_cast<const Entry *>(reinterpret_cast<const char *>(shim_.arena_head(map(env))) + offset);
  }
  void close();

  std::shared_ptr<Follower> follower; /* the one reader of the journal; null when nobody follows */

private:
  const struct api &shim_;
  struct arena *map_;
  struct wire_arena layout_; /* as it was when it was checked: the file can change under us */
};

namespace arena_view {

/* The argument as an arena, or a TypeError. */
std::shared_ptr<ArenaView> from(const Napi::Value &value);

void add_exports(Napi::Env env, Napi::Object exports);

} // namespace arena_view

#endif
