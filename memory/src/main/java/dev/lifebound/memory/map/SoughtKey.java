package dev.lifebound.memory.map;

import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A key that a {@link ConcurrentNativeMap} looks for.
 *
 * @param <K> the type of keys
 */
final class SoughtKey<K> implements Probe {
  private final Side<K> keys;
  private final TypeCodec<K> keyCodec;
  private final ConcurrentTables tables;

  final K key;
  final long word;
  final long hash;

  /** How to compare it with stored ones, where that is not by the word. */
  final @Nullable Probe probe;

  /**
   * Its bytes, where comparing it would run code of the program, which must not run under a lock.
   */
  private final byte @Nullable [] encoded;

  /** Whether it equals itself. */
  final boolean reflexive;

  SoughtKey(Side<K> keys, ConcurrentTables tables, K key) {
    this.keys = keys;
    this.keyCodec = keys.codec;
    this.tables = tables;
    this.key = Objects.requireNonNull(key, "a key must not be null");
    this.reflexive = keyCodec.isReflexive(key);
    long plain = keys.word(key);
    // All NaNs are one value; as words they differ, or a table full of them could not be split.
    this.word =
        reflexive || !keys.words
            ? plain
            : keyCodec.scramble(plain, ThreadLocalRandom.current().nextLong());
    this.hash =
        keys.words
            ? tables.hash(keyCodec.canonical(word))
            : tables.settings.worsened(keyCodec.hash(key, tables.settings.seed()));
    this.encoded = !keys.words && keys.ofProgram ? keys.encode(key) : null;
    this.probe = keys.words && !keyCodec.isKeyUpdated() ? null : this;
  }

  @Override
  public boolean matches(long stored) {
    return keys.words
        ? keyCodec.canonical(stored) == keyCodec.canonical(word)
        : keys.holds(stored, hash, key, encoded);
  }

  /** Its bytes, when it is no word. */
  byte[] encode() {
    return encoded == null ? keys.encode(key) : encoded;
  }

  /** Whether the blocks of the key's own handles live. */
  boolean isLive() {
    return keys.handles == null || keys.handles.areLive(word, encode());
  }

  /** The slot, or {@link ConcurrentTables#NONE}. */
  long find(Stripe stripe) {
    return reflexive ? tables.find(stripe, hash, word, probe) : ConcurrentTables.NONE;
  }
}
