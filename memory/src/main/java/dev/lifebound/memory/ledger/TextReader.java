package dev.lifebound.memory.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The text area of a file: any text by its number, each looked at when asked for. */
final class TextReader {
  private static final String LOST = "?";

  private final ByteBuffer file;
  private final long offset;
  private final long bytes;
  private final Map<Integer, byte[]> known = new HashMap<>();
  private final Map<Integer, String> names = new HashMap<>();
  private final Map<Integer, List<String>> stacks = new HashMap<>();
  private long lost;

  TextReader(ByteBuffer file, long offset, long bytes) {
    this.file = file;
    this.offset = offset;
    this.bytes = bytes;
  }

  /** The name with this number; null for zero, {@code ?} for one that is not whole. */
  @Nullable String name(int id) {
    if (id == 0) {
      return null;
    }
    String seen = names.get(id);
    if (seen == null) {
      byte[] text = text(id, Layout.TEXT_NAME);
      if (text == null) {
        return LOST;
      }
      seen = new String(text, StandardCharsets.UTF_8);
      names.put(id, seen);
    }
    return seen;
  }

  /** The frames of the stack with this number. */
  List<String> stack(int id) {
    if (id == 0) {
      return List.of();
    }
    return stacks.computeIfAbsent(id, this::frames);
  }

  private List<String> frames(int id) {
    byte[] text = text(id, Layout.TEXT_STACK);
    if (text == null) {
      return List.of(LOST);
    }
    List<String> frames = new ArrayList<>();
    ByteBuffer ids = ByteBuffer.wrap(text).order(file.order());
    while (ids.remaining() >= Integer.BYTES) {
      String frame = name(ids.getInt());
      frames.add(frame == null ? LOST : frame);
    }
    return List.copyOf(frames);
  }

  private byte @Nullable [] text(int id, int kind) {
    byte[] seen = known.get(id);
    if (seen == null) {
      seen = read(id, kind);
      if (seen == null) {
        lost++;
        return null;
      }
      known.put(id, seen);
    }
    return seen;
  }

  private byte @Nullable [] read(int id, int kind) {
    long at = Layout.textDistance(id);
    if (at < 0 || at > bytes - Layout.TEXT_HEADER_BYTES) {
      return null;
    }
    long start = offset + at + Layout.TEXT_HEADER_BYTES;
    if (start > file.limit()) {
      return null;
    }
    int word = file.getInt((int) (offset + at));
    int length = word & Layout.TEXT_LENGTH_MASK;
    if (word >>> Layout.TEXT_KIND_SHIFT != kind || length > file.limit() - start) {
      return null;
    }
    byte[] text = new byte[length];
    file.get((int) start, text);
    int check = file.getInt((int) (offset + at) + Layout.TEXT_CHECK_OFFSET);
    return check == Layout.textCheck(word, text) ? text : null;
  }

  void notices(List<LedgerNotice> notices) {
    if (lost > 0) {
      notices.add(
          new LedgerNotice(
              "ledger-texts-lost",
              "names or stacks that events refer to are cut or damaged; they are shown as ?"));
    }
  }
}
