package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Evidence;
import dev.lifebound.finding.Finding;
import dev.lifebound.finding.Fingerprint;
import dev.lifebound.finding.Location;
import dev.lifebound.finding.Notice;
import dev.lifebound.finding.Report;
import dev.lifebound.finding.Rule;
import dev.lifebound.finding.Scope;
import dev.lifebound.finding.Source;
import dev.lifebound.finding.Step;
import dev.lifebound.finding.Subject;
import dev.lifebound.memory.ledger.EventType;
import dev.lifebound.memory.ledger.LedgerEvent;
import dev.lifebound.memory.ledger.LedgerFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The incidents of a ledger as findings: those of one rule at one place are one finding. */
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

  private Report report(List<LedgerEvent> events) {
    Map<List<String>, List<LedgerEvent>> places = new LinkedHashMap<>();
    Set<List<Object>> reported = new HashSet<>();
    for (LedgerEvent event : ledger.events()) {
      if (event.type() == EventType.REPORT) {
        reported.add(misuse(event));
      }
    }
    for (LedgerEvent event : events) {
      // The report of a fault has all of it, and the sites.
      boolean again = event.type() == EventType.FAULT && reported.contains(misuse(event));
      RuntimeRule rule = again ? null : RuntimeRule.of(event);
      if (rule != null) {
        Location location = location(event);
        places
            .computeIfAbsent(
                List.of(
                    rule.id(), location.text(), String.valueOf(event.name()), object(event, rule)),
                _ -> new ArrayList<>())
            .add(event);
      }
    }
    List<Finding> findings = places.values().stream().map(this::finding).toList();
    List<Notice> notices =
        ledger.notices().stream().map(n -> new Notice(n.code(), n.message(), null)).toList();
    List<Rule> rules = RuntimeRule.all().stream().map(rule -> rule.rule(SINCE)).toList();
    return new Report(
        source, scope, rules, findings, notices, Map.of("events", (long) events.size()));
  }

  private static List<Object> misuse(LedgerEvent event) {
    return List.of(event.block(), event.address(), String.valueOf(event.fault()));
  }

  /** Faults that have no stack are told apart by their instruction, all else by the place alone. */
  private static String object(LedgerEvent event, RuntimeRule rule) {
    return event.pc() == 0 ? rule.id() : Long.toHexString(event.pc());
  }

  private Finding finding(List<LedgerEvent> events) {
    LedgerEvent last = events.getLast();
    RuntimeRule rule = RuntimeRule.of(last);
    if (rule == null) {
      throw new IllegalArgumentException(
          "an event must be an incident: type=" + last.typeText() + "; report this");
    }
    Location location = location(last);
    String what = rule.message(last);
    String times = events.size() == 1 ? "" : ", " + events.size() + " times";
    Map<String, String> facts = new TreeMap<>();
    facts.put("events", Integer.toString(events.size()));
    facts.put("first", events.getFirst().time().toString());
    facts.put("last", last.time().toString());
    facts.put("thread", thread(last));
    return new Finding(
        rule.id(),
        rule.colour(),
        rule.reason(),
        what + times,
        rule.remedy(),
        source,
        scope,
        subject(last),
        related(last),
        location,
        path(last),
        Map.of(
            Fingerprint.SYMBOLS,
            Fingerprint.of(
                rule.id(),
                location.path(),
                String.valueOf(location.function()),
                String.valueOf(last.name()))),
        List.of(
            new Evidence(
                "ledger",
                "recorded by process " + ledger.header().pid() + " in " + name(file) + times,
                facts)));
  }

  private static Subject subject(LedgerEvent event) {
    Map<String, String> attributes = new TreeMap<>();
    if (event.address() != 0) {
      attributes.put("address", hex(event.address()));
    }
    if (event.size() != 0) {
      attributes.put("size", Long.toString(event.size()));
    }
    return new Subject(
        Subject.BLOCK, event.block() == 0 ? "unknown" : hex(event.block()), attributes);
  }

  /** The maps that held the block, with the key. */
  private List<Subject> related(LedgerEvent incident) {
    Map<String, Subject> maps = new LinkedHashMap<>();
    for (LedgerEvent event : ofBlock(incident)) {
      String map = event.name();
      if (event.type() == EventType.BIND && map != null) {
        String key = event.key();
        maps.put(
            map + "\0" + key,
            new Subject(Subject.MAP, map, key == null ? Map.of() : Map.of("key", key)));
      }
    }
    return List.copyOf(maps.values());
  }

  private List<LedgerEvent> ofBlock(LedgerEvent incident) {
    return ledger.events().stream()
        .filter(event ->
            incident.block() != 0
                && event.block() == incident.block()
                && event.guardBlock() == incident.guardBlock())
        .toList();
  }

  /** The block's life as far as the ledger has it. */
  private List<Step> path(LedgerEvent incident) {
    List<Step> steps = new ArrayList<>();
    for (LedgerEvent event : ofBlock(incident)) {
      String role = role(event.type());
      if (role != null && event.nanoTime() - incident.nanoTime() <= 0) {
        steps.add(new Step(role, location(event), event.typeText() + " by " + thread(event)));
      }
    }
    return steps;
  }

  private static @Nullable String role(EventType type) {
    return switch (type) {
      case ALLOCATE, ADOPT, ALLOCATE_BY_C, REPORT_ALLOCATED -> "allocate";
      case BIND -> Step.INSERT;
      case UNBIND -> "remove";
      case FREE, FREE_BY_C, REPORT_FREED -> Step.FREE;
      case STALE_USE, DOUBLE_FREE, LEASE_ANOMALY, FAULT, REPORT -> Step.USE;
      case LEAK, NOTE, THREAD, LEASE_REMARK, UNKNOWN -> null;
    };
  }

  private static String thread(LedgerEvent event) {
    String name = event.threadName();
    return (event.nativeThread() ? "native thread " : "thread ")
        + (name == null ? "" : name + " ")
        + "#"
        + event.thread();
  }

  /** The innermost Java frame, or the ledger itself. */
  private Location location(LedgerEvent event) {
    return event.stack().stream()
        .filter(frame -> !frame.contains(": "))
        .findFirst()
        .map(frame -> FramePlace.of(frame, name(file)))
        .orElseGet(() -> Location.ofFile(name(file)));
  }

  static String hex(long number) {
    return "0x" + Long.toHexString(number);
  }
}
