package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Fingerprint;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * By what a mistake that ran is recognised again, whether the process died of it, the guard
 * reported it or a handle refused it, here or in another run.
 *
 * <ul>
 *   <li>{@link Fingerprint#SYMBOLS}: the rule, the {@link CrashPlace}, the block's tag, and the
 *       first map that held it. Two places that misuse one block are two.
 *   <li>{@link Fingerprint#BLOCK}: the same without the place. The guard cannot stop Java code
 *       where it is, so that its reports of Java's own accesses have no place; an autopsy has.
 * </ul>
 *
 * <p>Addresses, lines, keys, threads and numbers of processes and blocks are in neither. Of a
 * mistake of which nothing of all that is known, the file is the place.
 */
final class RuntimeFingerprints {
  private RuntimeFingerprints() {}

  /**
   * @param place see {@link CrashPlace}; empty when not known
   * @param block null when not known
   * @param file that tells of it
   */
  static Map<String, String> of(
      RuntimeRule rule, String place, @Nullable BlockLife block, String file) {
    String tag = block == null || block.tag() == null ? "" : block.tag();
    String map = block == null ? "" : firstMap(block);
    Map<String, String> fingerprints = new TreeMap<>();
    boolean named = !tag.isEmpty() || !map.isEmpty();
    if (named) {
      fingerprints.put(Fingerprint.BLOCK, Fingerprint.of(rule.id(), tag, map));
    }
    if (!place.isEmpty()) {
      fingerprints.put(Fingerprint.SYMBOLS, Fingerprint.of(rule.id(), place, tag, map));
    } else if (!named) {
      fingerprints.put(Fingerprint.SYMBOLS, Fingerprint.of(rule.id(), "", "", "", file));
    }
    return fingerprints;
  }

  private static String firstMap(BlockLife block) {
    return block.bindings().stream()
        .map(BlockLife.Binding::map)
        .filter(map -> map != null)
        .findFirst()
        .orElse("");
  }
}
