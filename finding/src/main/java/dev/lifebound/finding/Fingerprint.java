package dev.lifebound.finding;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The strategies by which the same hazard is recognised again, strongest first.
 *
 * <p>Each value is 32 hexadecimal digits: the first 128 bits of SHA-256 over the strategy's parts,
 * joined by a NUL character. The strategy's name carries its version; when the parts change, the
 * name does too.
 */
public final class Fingerprint {
  /**
   * Rule, path, enclosing function, and the symbols of the hazard (map, pointer, freeing function).
   * Survives edits elsewhere in the file and moved lines; a renamed function or map is new. Of a
   * mistake that ran: rule, function, the block's tag and the map.
   */
  public static final String SYMBOLS = "lifebound-symbols/v1";

  /**
   * Rule, the block's tag and the map: of a mistake that ran, without the place. Two places that
   * misuse one kind of block are one.
   */
  public static final String BLOCK = "lifebound-block/v1";

  /**
   * Rule, path and the trimmed text of the source line, with the number of the same line's
   * repetition in the file. Survives a renamed function; an edited line is new.
   */
  public static final String LINE = "lifebound-line/v1";

  /**
   * Tool, rule, path and the source line, or the message where the line is unknown: for a result of
   * another tool, whose own fingerprints may be missing or too coarse to tell two rules apart.
   */
  public static final String IMPORTED = "lifebound-imported/v1";

  private Fingerprint() {}

  /** The value of a strategy over its parts. */
  public static String of(String... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(String.join("\0", parts).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must have SHA-256; check the JDK", e);
    }
  }
}
