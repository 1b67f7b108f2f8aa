package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Evidence;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.Rule;
import dev.lifebound.finding.Scope;
import dev.lifebound.finding.Source;
import dev.lifebound.finding.Step;
import dev.lifebound.finding.Subject;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The incidents of a ledger as findings: those that are recognised as one mistake, by {@link
 * RuntimeFingerprints}, are one finding, and so is a fault that the guard reported as well.
 */
public final class LedgerFindings {
  private static final String SINCE = "0.1.0";

  private final Path file;
  private final LedgerFile ledger;
  private final Source source;
  private final Scope scope;

  private LedgerFindings(Path file, LedgerFile ledger, String version) {
    this.file = file;
    this.ledger = ledger;
    this.source = new Source("runtime", "lifebound-ledger", version);
    this.scope = Scope.ofProject(name(file));
  }

  /**
   * The report of these events.
   *
   * @param events what was chosen of the ledger's
   * @param version of this program
   */
  public static Report report(
      Path file, LedgerFile ledger, List<LedgerEvent> events, String version) {
    return new LedgerFindings(file, ledger, version).report(events);
  }

  private static String name(Path file) {
    Path name = file.getFileName();
    return name == null ? file.toString() : name.toString();
  }

  /** A mistake that ran, with all that the ledger has of its block. */
  private record Mistake(
      LedgerEvent event,
      RuntimeRule rule,
      @Nullable BlockLife block,
      Map<String, String> fingerprints) {}

  private Report report(List<LedgerEvent> events) {
    List<LedgerEvent> incidents =
        BlockHistory.once(events).stream().filter(event -> RuntimeRule.of(event) != null).toList();
    Map<LedgerEvent, BlockLife> blocks = new BlockHistory(ledger).of(incidents);
    Map<Map<String, String>, List<Mistake>> mistakes = new LinkedHashMap<>();
    for (LedgerEvent event : incidents) {
      Mistake mistake = mistake(event, blocks.get(event));
      mistakes.computeIfAbsent(mistake.fingerprints, _ -> new ArrayList<>()).add(mistake);
    }
    List<Finding> findings = mistakes.values().stream().map(this::finding).toList();
    List<Notice> notices =
        ledger.notices().stream().map(n -> new Notice(n.code(), n.message(), null)).toList();
    List<Rule> rules = RuntimeRule.all().stream().map(rule -> rule.rule(SINCE)).toList();
    return new Report(
        source, scope, rules, findings, notices, Map.of("events", (long) events.size()));
  }

  private Mistake mistake(LedgerEvent event, @Nullable BlockLife block) {
    RuntimeRule rule = RuntimeRule.of(event);
    if (rule == null) {
      throw new IllegalArgumentException(
          "an event must be an incident: type=" + event.typeText() + "; report this");
    }
    // Leaks and leases are told apart by what is said of them, too: a tag, or what was done wrong.
    String told = rule == RuntimeRule.LBR003 || rule == RuntimeRule.LBR004 ? event.name() : null;
    return new Mistake(
        event,
        rule,
        block,
        RuntimeFingerprints.of(
            rule,
            CrashPlace.of(event.stack()) + (told == null ? "" : " " + told),
            block,
            name(file)));
  }

  private Finding finding(List<Mistake> mistakes) {
    Mistake mistake = mistakes.getLast();
    LedgerEvent last = mistake.event;
    RuntimeRule rule = mistake.rule;
    String times = mistakes.size() == 1 ? "" : ", " + mistakes.size() + " times";
    Map<String, String> facts = new TreeMap<>();
    facts.put("events", Integer.toString(mistakes.size()));
    facts.put("first", mistakes.getFirst().event.time().toString());
    facts.put("last", last.time().toString());
    facts.put("thread", Words.thread(last));
    return new Finding(
        rule.id(),
        rule.colour(),
        rule.reason(),
        rule.message(last) + times,
        rule.remedy(),
        source,
        scope,
        subject(last, mistake.block),
        related(mistake.block),
        location(last),
        path(mistake),
        mistake.fingerprints,
        List.of(
            new Evidence(
                "ledger",
                "recorded by process " + ledger.header().pid() + " in " + name(file) + times,
                facts)));
  }

  private static Subject subject(LedgerEvent event, @Nullable BlockLife block) {
    Map<String, String> attributes = new TreeMap<>();
    if (event.address() != 0) {
      attributes.put("address", Words.hex(event.address()));
    }
    if (event.size() != 0) {
      attributes.put("size", Long.toString(event.size()));
    }
    if (block != null && block.tag() != null) {
      attributes.put("tag", block.tag());
    }
    return new Subject(
        Subject.BLOCK, event.block() == 0 ? "unknown" : Words.hex(event.block()), attributes);
  }

  /** The maps that held the block, with the key. */
  private static List<Subject> related(@Nullable BlockLife block) {
    Map<String, Subject> maps = new LinkedHashMap<>();
    for (BlockLife.Binding binding :
        block == null ? List.<BlockLife.Binding>of() : block.bindings()) {
      String map = binding.map();
      if (map != null) {
        String key = binding.key();
        maps.put(
            map + "\0" + key,
            new Subject(
                Subject.MAP, Words.named(map), key == null ? Map.of() : Map.of("key", key)));
      }
    }
    return List.copyOf(maps.values());
  }

  /** The block's life up to the incident, as far as the ledger has it. */
  private List<Step> path(Mistake mistake) {
    List<LedgerEvent> events =
        mistake.block == null ? List.of(mistake.event) : mistake.block.events();
    List<Step> steps = new ArrayList<>();
    for (LedgerEvent event : BlockHistory.once(events)) {
      String role = AutopsyFindings.role(event.type());
      if (role != null && event.nanoTime() - mistake.event.nanoTime() <= 0) {
        steps.add(new Step(role, location(event), event.typeText() + " by " + Words.thread(event)));
      }
    }
    return steps;
  }

  /** The frame of the program, or the ledger itself. */
  private Location location(LedgerEvent event) {
    return CrashPlace.frame(event.stack())
        .map(frame -> FramePlace.of(frame, name(file)))
        .orElseGet(() -> Location.ofFile(name(file)));
  }
}
