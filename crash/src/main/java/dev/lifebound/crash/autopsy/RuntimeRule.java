package dev.lifebound.crash.autopsy;

import dev.lifebound.finding.Colour;
import dev.lifebound.finding.Rule;
import dev.lifebound.memory.ledger.LedgerEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules of findings that a running process made; each has a page in {@code docs/rules}. */
enum RuntimeRule {
  LBR001(
      "use of a freed native block",
      Colour.RED,
      "it ran: without the handle or the guard it reads or writes memory of another block",
      "The program used a native block after it was freed.",
      "release the block after its last use, or bind the map's entries to it"),
  LBR002(
      "native block freed twice",
      Colour.RED,
      "it ran: without the handle or the guard it corrupts the heap",
      "The program freed a native block a second time.",
      "let one owner free the block, or count its owners with retain and release"),
  LBR003(
      "native block not freed",
      Colour.YELLOW,
      "it ran: the memory was freed late, by the cleaner or the close",
      "The program dropped blocks without releasing them.",
      "close the owner with try-with-resources, or bind the block to a map"),
  LBR004(
      "lease used against its contract",
      Colour.YELLOW,
      "it ran: the lease refused",
      "The program used a lease after its close, closed it twice, or on another thread.",
      "open and close each lease in one try-with-resources statement"),
  LBR005(
      "access outside a native block",
      Colour.RED,
      "it ran: without the guard it reads or writes memory of another block",
      "The program read or wrote behind or before a native block.",
      "check offsets against the block's size, or access it through a lease"),
  LBR006(
      "use of an address that belongs to no block",
      Colour.RED,
      "it ran: the process died of it",
      "The program used an address at which no native block is or was known, or freed one at which none"
          + " begins.",
      "keep handles instead of addresses, or adopt the block so that its life is recorded");

  private final String title;
  private final Colour colour;
  private final String reason;
  private final String description;
  private final String remedy;

  RuntimeRule(String title, Colour colour, String reason, String description, String remedy) {
    this.title = title;
    this.colour = colour;
    this.reason = reason;
    this.description = description;
    this.remedy = remedy;
  }

  static List<RuntimeRule> all() {
    return List.of(values());
  }

  /** The rule of an event, or null when it tells of no mistake. */
  static @Nullable RuntimeRule of(LedgerEvent event) {
    return switch (event.type()) {
      case STALE_USE -> LBR001;
      case FAULT, REPORT -> FailureKind.ofFault(event.fault()).rule();
      case DOUBLE_FREE -> LBR002;
      case LEAK -> LBR003;
      case LEASE_ANOMALY -> LBR004;
      case ALLOCATE,
          FREE,
          FREE_BY_C,
          ADOPT,
          BIND,
          UNBIND,
          NOTE,
          ALLOCATE_BY_C,
          THREAD,
          REPORT_FREED,
          REPORT_ALLOCATED,
          LEASE_REMARK,
          UNKNOWN ->
          null;
    };
  }

  String id() {
    return name();
  }

  Colour colour() {
    return colour;
  }

  String reason() {
    return reason;
  }

  String remedy() {
    return remedy;
  }

  /** One line about this event. */
  String message(LedgerEvent event) {
    String name = event.name();
    String by = name == null ? "" : ": " + name;
    return switch (this) {
      case LBR001, LBR002, LBR004 -> title + by;
      case LBR003 -> event.blocks() + " blocks of " + event.size() + " bytes not freed" + by;
      case LBR005, LBR006 -> title + ", " + event.fault() + by;
    };
  }

  Rule rule(String since) {
    return new Rule(name(), title, colour, "any", description, remedy, since);
  }
}
