{
  "target_defaults": {
    "cflags": ["-O2", "-g", "-Wall", "-Wextra"],
  },
  "targets": [
    {
      # The preload library. gyp's _FILE_OFFSET_BITS would rename the exported fcntl to fcntl64.
      "target_name": "shim",
      "type": "shared_library",
      "product_prefix": "lib",
      "product_extension": "so",
      "sources": ["<!@(ls shim/*.c)"],
      "defines": ["_GNU_SOURCE"],
      "defines!": ["_FILE_OFFSET_BITS=64", "_LARGEFILE_SOURCE"],
      "cflags": ["-std=gnu11", "-fPIC", "-fvisibility=hidden", "-ftls-model=initial-exec", "-fno-strict-aliasing", "-Wmissing-prototypes", "-Wformat=2", "-Wvla", "-Werror"],
      "ldflags": ["-Wl,-z,now", "-Wl,-z,initfirst", "-Wl,-Bsymbolic"],
      "libraries": ["-ldl", "-lpthread"],
    },
    {
      "target_name": "addon",
      "sources": ["<!@(ls addon/*.cc)"],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include_dir\")"],
      # SWALLOW: a worker may be terminated while the addon is about to throw.
      "defines": ["NAPI_VERSION=9", "NAPI_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "_GNU_SOURCE"],
      # Its time goes into system calls; more than this doubles the time of an install.
      "cflags!": ["-O2", "-g"],
      "cflags_cc": ["-O1", "-std=c++17", "-fexceptions", "-fvisibility=hidden"],
      "cflags_cc!": ["-fno-exceptions"],
      # Slots of other objects point into it.
      "ldflags": ["-Wl,-z,nodelete"],
      "libraries": ["-ldl", "-lpthread"],
    },
    {
      # Ends what is left of a worker's networks when the worker dies. Linked with the arena's reader, nothing else.
      "target_name": "guard",
      "type": "executable",
      "sources": ["<!@(ls guard/*.c)", "shim/arena.c", "shim/process_table.c", "shim/life.c"],
      "defines": ["_GNU_SOURCE"],
      "cflags": ["-std=gnu11", "-Wmissing-prototypes", "-Wformat=2", "-Wvla", "-Werror"],
    },
  ],
}
