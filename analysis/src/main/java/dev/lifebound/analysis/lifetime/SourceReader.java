package dev.lifebound.analysis.lifetime;

import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads source files of any content; what cannot be used becomes a notice. */
public final class SourceReader {
  /** Larger files are not analysed: no person wrote them, and their trees would fill the memory. */
  public static final int MOST_BYTES = 4 << 20;

  private static final int SNIFFED_BYTES = 8192;

  private SourceReader() {}

  /** A file's bytes, or null and a notice why they cannot be used; never throws. */
  public static byte @Nullable [] read(Listing.Entry file, List<Notice> notices) {
    byte[] bytes;
    try (InputStream stream = Files.newInputStream(file.path())) {
      bytes = stream.readNBytes(MOST_BYTES + 1);
    } catch (IOException e) {
      notices.add(
          unusable(
              file, "file-unreadable", "a file must be readable", String.valueOf(e), "check it"));
      return null;
    }
    if (bytes.length > MOST_BYTES) {
      notices.add(
          unusable(
              file,
              "file-too-large",
              "a source file must not exceed " + MOST_BYTES + " bytes",
              "more",
              "it was not analysed"));
      return null;
    }
    if (isBinary(bytes)) {
      notices.add(
          unusable(
              file,
              "file-is-binary",
              "a source file must be text",
              "a zero byte",
              "it was not analysed"));
      return null;
    }
    return bytes;
  }

  /** Whether content is no text: it holds a zero byte near its start. */
  public static boolean isBinary(byte[] bytes) {
    for (int i = 0; i < Math.min(bytes.length, SNIFFED_BYTES); i++) {
      if (bytes[i] == 0) {
        return true;
      }
    }
    return false;
  }

  /** A file's first bytes, or null when it cannot be read; never throws. */
  public static byte @Nullable [] head(Listing.Entry file, int bytes) {
    try (InputStream stream = Files.newInputStream(file.path())) {
      return stream.readNBytes(bytes);
    } catch (IOException e) {
      // The caller reads the file next and says why it cannot.
      return null;
    }
  }

  private static Notice unusable(
      Listing.Entry file, String code, String rule, String found, String advice) {
    String message = rule + ": file=" + file.shown() + ", found=" + found + "; " + advice;
    return new Notice(code, message, Location.ofFile(file.shown()));
  }

  /** The text of a content; one that is not UTF-8 is read byte by byte and said so. */
  public static SourceFile decode(Listing.Entry file, byte[] bytes, List<Notice> notices) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return new SourceFile(file.shown(), text);
    } catch (CharacterCodingException e) {
      notices.add(
          new Notice(
              "file-is-not-utf-8",
              "a source file must be UTF-8: file="
                  + file.shown()
                  + ", found="
                  + e.getMessage()
                  + "; it was read as Latin-1",
              Location.ofFile(file.shown())));
      return new SourceFile(file.shown(), new String(bytes, StandardCharsets.ISO_8859_1));
    }
  }
}
