package dev.lifebound.crash.autopsy;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a process left behind.
 *
 * @param crashLog the {@code hs_err} file, or a console with the last words of the C library
 * @param ledger its black box
 * @param heap a heap dump of it, in the HPROF format
 */
public record AutopsyRequest(@Nullable Path crashLog, @Nullable Path ledger, @Nullable Path heap) {
  public AutopsyRequest {
    if (crashLog == null && ledger == null) {
      throw new IllegalArgumentException(
          "an autopsy must have a crash log or a ledger: crashLog=null, ledger=null; name one");
    }
  }
}
