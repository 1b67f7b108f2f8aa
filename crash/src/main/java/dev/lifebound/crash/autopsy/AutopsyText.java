package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Notice;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An autopsy for people, in the order of the questions that they ask. */
final class AutopsyText implements AutopsyWriter {
  private static final int LEAST_WIDTH = 30;
  private static final int LABEL_COLUMNS = 12;
  private static final int MOST_FRAMES = 8;
  private static final int MOST_HOLDERS = 8;
  private static final int MOST_STACK = 4;

  private static final String STRONG = "\u001b[1m";
  private static final String FAINT = "\u001b[2m";
  private static final String RED = "\u001b[1;31m";
  private static final String GREEN = "\u001b[1;32m";
  private static final String YELLOW = "\u001b[1;33m";
  private static final String OFF = "\u001b[0m";

  /** After these a reader finds a long name broken natural. */
  private static final String BREAKS = "./$:,;()[]<>-_+=";

  private final int width;
  private final boolean breaksWords;
  private final boolean colours;

  AutopsyText(int width, boolean breaksWords, boolean colours) {
    this.width = Math.max(LEAST_WIDTH, width);
    this.breaksWords = breaksWords;
    this.colours = colours;
  }

  @Override
  public void write(Autopsy autopsy, OutputStream out) throws IOException {
    Page page = new Page();
    verdict(page, autopsy);
    block(page, autopsy);
    holders(page, autopsy);
    crash(page, autopsy);
    for (String sentence : autopsy.advice()) {
      page.row("change", sentence);
    }
    if (!autopsy.rules().isEmpty()) {
      page.row(
          "rules", autopsy.rules().stream().map(Words::page).collect(Collectors.joining(", ")));
    }
    if (autopsy.process() != null) {
      page.row("process", autopsy.process().pid() + ", " + autopsy.process().jvm());
    }
    for (Notice notice : autopsy.notices()) {
      page.row("notice", notice.message() + " [" + notice.code() + "]");
    }
    out.write(page.text.toString().getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private void verdict(Page page, Autopsy autopsy) {
    FailureKind kind = autopsy.verdict().kind();
    String colour =
        switch (kind) {
          case USE_AFTER_FREE, DOUBLE_FREE, OVERFLOW, WILD_ADDRESS -> RED;
          case NOT_OURS -> GREEN;
          case UNKNOWN -> YELLOW;
        };
    page.head(colour, kind.text() + ": ", autopsy.verdict().headline());
    for (String reason : autopsy.verdict().reasons()) {
      page.row("why", reason);
    }
  }

  private static void block(Page page, Autopsy autopsy) {
    BlockLife block = autopsy.block();
    Long address = autopsy.address();
    if (block == null) {
      if (address != null) {
        page.row("address", Words.hex(address));
      }
      return;
    }
    page.row(
        "block",
        block.name()
            + (block.tag() == null ? "" : " (" + block.tag() + ")")
            + (block.size() == 0 ? "" : ", " + Words.bytes(block.size()))
            + (block.address() == 0 ? "" : " at " + Words.hex(block.address())));
    Long offset = autopsy.offset();
    if (offset != null && autopsy.hsErr() != null) {
      page.row("offset", offset(block, offset) + ", " + Words.hex(address));
    }
    happening(page, autopsy, "allocated", block.allocated());
    happening(page, autopsy, "freed", block.freed());
    for (BlockLife earlier : autopsy.earlier()) {
      page.row(
          "before it",
          earlier.name()
              + " had the address"
              + (earlier.freed() == null
                  ? ""
                  : ", freed " + Words.when(autopsy, earlier.freed().time())));
    }
  }

  static String offset(BlockLife block, long offset) {
    if (offset < 0) {
      return Words.bytes(-offset) + " before the block";
    }
    return offset < block.size() || block.size() == 0
        ? "byte " + Words.count(offset) + " of the block"
        : Words.bytes(offset - block.size()) + " behind the block's end";
  }

  private static void happening(
      Page page, Autopsy autopsy, String label, @Nullable LedgerEvent event) {
    if (event == null) {
      page.row(
          label,
          "freed".equals(label) ? "not, as far as the ledger knows" : "not in the ledger any more");
      return;
    }
    page.row(
        label,
        Words.deed(event)
            + ", "
            + Words.thread(event)
            + ", "
            + Words.when(autopsy, event.time())
            + (BlockLife.isFree(event.type()) && autopsy.block() != null
                ? Words.lived(autopsy.block())
                : ""));
    stack(page, event.stack());
  }

  private static void stack(Page page, List<String> stack) {
    stack.stream().limit(MOST_STACK).forEach(frame -> page.row("", "at " + frame));
  }

  private static void holders(Page page, Autopsy autopsy) {
    List<Holder> holders = autopsy.holders();
    for (Holder holder : holders.subList(0, Math.min(MOST_HOLDERS, holders.size()))) {
      page.row("held by", Words.held(autopsy, holder));
      if (!holder.chain().isEmpty()) {
        page.row("", String.join(" < ", holder.chain().reversed()));
      }
    }
    if (holders.size() > MOST_HOLDERS) {
      page.row("held by", "and " + (holders.size() - MOST_HOLDERS) + " more");
    }
    if (holders.isEmpty() && autopsy.block() != null) {
      page.row("held by", "no map that the ledger knows");
    }
  }

  private static void crash(Page page, Autopsy autopsy) {
    HsErr log = autopsy.hsErr();
    if (log == null) {
      if (autopsy.log() instanceof AbortMessage message) {
        page.row("crash", "abort: " + message.text());
      }
      return;
    }
    String thread = log.thread().name();
    page.row("crash", Words.signal(log) + (thread == null ? "" : ", thread " + thread));
    Words.frames(log, MOST_FRAMES).forEach(frame -> page.row("", frame));
  }

  /** Lines with a label column, wrapped at words. */
  private final class Page {
    private final StringBuilder text = new StringBuilder();
    private String lastLabel = "";
    private int column;

    void head(String colour, String start, String rest) {
      styled(colour, start);
      wrap(rest, start.length(), 2, true);
      text.append('\n');
    }

    void row(String label, String words) {
      boolean repeated = label.equals(lastLabel) && !label.isEmpty();
      String shown = repeated ? "" : label;
      if (!label.isEmpty()) {
        lastLabel = label;
      }
      text.append("  ");
      styled(FAINT, shown);
      text.append(" ".repeat(LABEL_COLUMNS - 2 - shown.length()));
      wrap(words, LABEL_COLUMNS, LABEL_COLUMNS + (label.isEmpty() ? 2 : 0), false);
    }

    private void wrap(String words, int start, int indent, boolean strong) {
      column = start;
      boolean first = true;
      for (String word : Words.visible(words).strip().split(" +", -1)) {
        int length = Columns.of(word);
        if (!first && column + 1 + length > width) {
          next(indent);
        } else if (!first) {
          text.append(' ');
          column++;
        }
        put(word, indent, strong ? STRONG : "");
        first = false;
      }
      text.append('\n');
    }

    private void next(int indent) {
      text.append('\n').append(" ".repeat(indent));
      column = indent;
    }

    /** A word that is longer than a line goes on in the next one, after a mark if it has some. */
    private void put(String word, int indent, String style) {
      String rest = word;
      while (breaksWords && Columns.of(rest) > width - column) {
        int most = Columns.fitting(rest, width - column);
        int end = most;
        while (end > most / 2 && BREAKS.indexOf(rest.charAt(end - 1)) < 0) {
          end--;
        }
        end = end > most / 2 ? end : most;
        styled(style, rest.substring(0, end));
        next(indent);
        rest = rest.substring(end);
      }
      styled(style, rest);
      column += Columns.of(rest);
    }

    private void styled(String style, String words) {
      if (colours && !style.isEmpty() && !words.isEmpty()) {
        text.append(style).append(words).append(OFF);
      } else {
        text.append(words);
      }
    }
  }
}
