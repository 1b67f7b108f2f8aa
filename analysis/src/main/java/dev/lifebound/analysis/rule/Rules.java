package dev.lifebound.analysis.rule;

import dev.lifebound.finding.Rule;
import java.util.List;

/** The rules there are. */
public final class Rules {
  private static final List<LifetimeRule> ALL =
      List.of(
          new FreedWhileMapped(),
          new FreedBeforeUnregistered(),
          new NeverUnregistered(),
          new ArenaClosedWhileMapped(),
          new HandleClosedWhileMapped());

  private Rules() {}

  /** The rules that judge a language, in the order of their identifiers. */
  public static List<LifetimeRule> of(String language) {
    return ALL.stream().filter(rule -> rule.rule().language().equals(language)).toList();
  }

  /** The metadata of all rules. */
  public static List<Rule> metadata() {
    return ALL.stream().map(LifetimeRule::rule).toList();
  }
}
