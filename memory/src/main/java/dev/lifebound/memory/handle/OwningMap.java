package dev.lifebound.memory.handle;

import java.util.AbstractMap;
import java.util.Objects;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The operations of a map of owned references that call functions of the program.
 *
 * <p>Nobody but the map knows the handle that a function has answered. It is therefore taken over
 * in any case, and released when it does not come into the map: when another thread was faster, so
 * that the function is asked again or not needed, and when the put is refused. The same holds of
 * the handle that is given to {@code merge}. A function that answers the handle that is there
 * changes nothing.
 *
 * @param <K> the type of keys
 */
abstract class OwningMap<K> extends AbstractMap<K, Long> implements ConcurrentMap<K, Long> {
  OwningMap() {}

  /** Releases a reference that was taken over and is not needed. */
  abstract void giveBack(long handle);

  /**
   * Takes over what the function answers, which is released when another thread's entry was faster.
   */
  @Override
  public @Nullable Long computeIfAbsent(
      K key, Function<? super K, ? extends @Nullable Long> function) {
    while (true) {
      Long present = get(key);
      if (present != null) {
        return present;
      }
      Long made = function.apply(key);
      if (made == null || exchange(key, null, made)) {
        return made;
      }
    }
  }

  /**
   * Takes over what the function answers, which may be asked again when others change the entry.
   */
  @Override
  public @Nullable Long computeIfPresent(
      K key, BiFunction<? super K, ? super Long, ? extends @Nullable Long> function) {
    while (true) {
      Long present = get(key);
      if (present == null) {
        return null;
      }
      Long made = function.apply(key, present);
      if (present.equals(made) || exchange(key, present, made)) {
        return made;
      }
    }
  }

  /**
   * Takes over what the function answers, which may be asked again when others change the entry.
   */
  @Override
  public @Nullable Long compute(
      K key, BiFunction<? super K, ? super @Nullable Long, ? extends @Nullable Long> function) {
    while (true) {
      Long present = get(key);
      Long made = function.apply(key, present);
      if (Objects.equals(present, made) || exchange(key, present, made)) {
        return made;
      }
    }
  }

  /** Takes over {@code handle} in any case, and what the function answers. */
  @Override
  public @Nullable Long merge(
      K key,
      Long handle,
      BiFunction<? super Long, ? super Long, ? extends @Nullable Long> function) {
    boolean taken = false;
    try {
      while (true) {
        Long present = get(key);
        Long made = present == null ? handle : function.apply(present, handle);
        if (Objects.equals(present, made)) {
          return made;
        }
        if (handle.equals(made)) {
          taken = present == null ? putIfAbsent(key, made) == null : replace(key, present, made);
          if (taken) {
            return made;
          }
        } else if (exchange(key, present, made)) {
          return made;
        }
      }
    } finally {
      if (!taken) {
        giveBack(handle);
      }
    }
  }

  /** Takes over what the function answers for each entry. */
  @Override
  public void replaceAll(BiFunction<? super K, ? super Long, ? extends Long> function) {
    for (K key : keySet()) {
      var _ = computeIfPresent(key, function);
    }
  }

  /** One entry from what it was to what it shall be; what cannot be put is released. */
  private boolean exchange(K key, @Nullable Long present, @Nullable Long made) {
    if (made == null) {
      return remove(key, present);
    }
    boolean taken = false;
    try {
      taken = present == null ? putIfAbsent(key, made) == null : replace(key, present, made);
      return taken;
    } finally {
      if (!taken) {
        giveBack(made);
      }
    }
  }
}
