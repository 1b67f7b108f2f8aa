package dev.lifebound.analysis.lifetime;

import dev.lifebound.finding.LifeboundConfig;
import dev.lifebound.finding.Notice;
import java.util.List;

/** Translates the files of one language into units. */
public interface FrontEnd {
  /**
   * Splits the work; each job may run on its own thread.
   *
   * @param listing the files of the scan
   * @param config the project's configuration
   */
  List<Job> jobs(Listing listing, LifeboundConfig config);

  /** A part of the work that needs no other part. */
  interface Job {
    /** Where the job's files are; jobs are joined in this order. */
    String name();

    /** Reads and translates; whatever the files hold, it ends with an outcome. */
    Outcome run();
  }

  /**
   * What a job came to.
   *
   * @param units to be judged
   * @param notices files that were not, or not wholly, analysed
   * @param analysed how many files were translated
   * @param irrelevant how many files were read and found to hold nothing of interest
   */
  record Outcome(List<Unit> units, List<Notice> notices, int analysed, int irrelevant) {
    public Outcome {
      units = List.copyOf(units);
      notices = List.copyOf(notices);
    }
  }
}
