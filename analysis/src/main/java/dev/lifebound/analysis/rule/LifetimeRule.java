package dev.lifebound.analysis.rule;

import dev.lifebound.analysis.lifetime.Facts;
import dev.lifebound.analysis.lifetime.Hazard;
import dev.lifebound.finding.Rule;
import java.util.List;

/** One rule over the facts of a unit. */
public interface LifetimeRule {
  /** The rule's metadata. */
  Rule rule();

  /** The hazards among the facts, in their order. */
  List<Hazard> judge(Facts facts);
}
