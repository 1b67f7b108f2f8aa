package dev.lifebound.memory.os;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The functions whose slots are patched, in the order of {@code watch.h}: the ordinal is the index
 * of the old value in the image's data.
 */
public enum WatchedSymbol {
  FREE("free", Role.FREES),
  CFREE("cfree", Role.FREES),
  DELETE("_ZdlPv", Role.FREES),
  DELETE_ARRAY("_ZdaPv", Role.FREES),
  DELETE_SIZED("_ZdlPvm", Role.FREES),
  DELETE_ARRAY_SIZED("_ZdaPvm", Role.FREES),
  DELETE_NOTHROW("_ZdlPvRKSt9nothrow_t", Role.FREES),
  DELETE_ARRAY_NOTHROW("_ZdaPvRKSt9nothrow_t", Role.FREES),
  DELETE_ALIGNED("_ZdlPvSt11align_val_t", Role.FREES),
  DELETE_ARRAY_ALIGNED("_ZdaPvSt11align_val_t", Role.FREES),
  DELETE_SIZED_ALIGNED("_ZdlPvmSt11align_val_t", Role.FREES),
  DELETE_ARRAY_SIZED_ALIGNED("_ZdaPvmSt11align_val_t", Role.FREES),
  DELETE_ALIGNED_NOTHROW("_ZdlPvSt11align_val_tRKSt9nothrow_t", Role.FREES),
  DELETE_ARRAY_ALIGNED_NOTHROW("_ZdaPvSt11align_val_tRKSt9nothrow_t", Role.FREES),
  REALLOC("realloc", Role.FREES),
  REALLOCARRAY("reallocarray", Role.FREES),
  MALLOC_USABLE_SIZE("malloc_usable_size", Role.FREES),
  MALLOC("malloc", Role.ALLOCATES),
  CALLOC("calloc", Role.ALLOCATES),
  POSIX_MEMALIGN("posix_memalign", Role.ALLOCATES),
  ALIGNED_ALLOC("aligned_alloc", Role.ALLOCATES),
  MEMALIGN("memalign", Role.ALLOCATES),
  STRDUP("strdup", Role.ALLOCATES),
  NEW("_Znwm", Role.ALLOCATES),
  NEW_ARRAY("_Znam", Role.ALLOCATES),
  NEW_NOTHROW("_ZnwmRKSt9nothrow_t", Role.ALLOCATES),
  NEW_ARRAY_NOTHROW("_ZnamRKSt9nothrow_t", Role.ALLOCATES),
  NEW_ALIGNED("_ZnwmSt11align_val_t", Role.ALLOCATES),
  NEW_ARRAY_ALIGNED("_ZnamSt11align_val_t", Role.ALLOCATES),
  NEW_ALIGNED_NOTHROW("_ZnwmSt11align_val_tRKSt9nothrow_t", Role.ALLOCATES),
  NEW_ARRAY_ALIGNED_NOTHROW("_ZnamSt11align_val_tRKSt9nothrow_t", Role.ALLOCATES),
  DLSYM("dlsym", Role.LINKS),
  DLOPEN("dlopen", Role.LINKS);

  /** What a function does. */
  public enum Role {
    /** Takes blocks that may be guarded or adopted. */
    FREES,
    /** Returns blocks, which may be guarded. */
    ALLOCATES,
    /** Hands out functions or brings libraries. */
    LINKS
  }

  /** In the order of {@code watch.h}, by which native code names them. */
  private static final List<WatchedSymbol> ALL = List.of(values());

  private static final Map<String, WatchedSymbol> BY_NAME = new HashMap<>();

  static {
    for (WatchedSymbol symbol : values()) {
      BY_NAME.put(symbol.symbol, symbol);
    }
  }

  private final String symbol;
  private final Role role;

  WatchedSymbol(String symbol, Role role) {
    this.symbol = symbol;
    this.role = role;
  }

  /** The name in symbol tables. */
  public String symbol() {
    return symbol;
  }

  public Role role() {
    return role;
  }

  /** The symbol of this number. */
  public static WatchedSymbol at(int index) {
    return ALL.get(index);
  }

  /** The symbol's number in native code. */
  public int index() {
    return ALL.indexOf(this);
  }

  static @Nullable WatchedSymbol of(String name) {
    return BY_NAME.get(name);
  }

  /** Every name. */
  static Set<String> names() {
    return BY_NAME.keySet();
  }

  /** Of a freeing function the form that needs no size. */
  public WatchedSymbol plainFree() {
    return switch (this) {
      case DELETE_SIZED, DELETE_NOTHROW -> DELETE;
      case DELETE_ARRAY_SIZED, DELETE_ARRAY_NOTHROW -> DELETE_ARRAY;
      case DELETE_SIZED_ALIGNED, DELETE_ALIGNED_NOTHROW -> DELETE_ALIGNED;
      case DELETE_ARRAY_SIZED_ALIGNED, DELETE_ARRAY_ALIGNED_NOTHROW -> DELETE_ARRAY_ALIGNED;
      case DELETE, DELETE_ARRAY, DELETE_ALIGNED, DELETE_ARRAY_ALIGNED -> this;
      default -> FREE;
    };
  }
}
