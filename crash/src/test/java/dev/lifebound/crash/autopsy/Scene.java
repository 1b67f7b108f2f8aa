package dev.lifebound.crash.autopsy;

import dev.lifebound.memory.ledger.Ledger;
import dev.lifebound.memory.ledger.LedgerName;
import dev.lifebound.memory.ledger.LedgerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Ledgers of this process, and logs that tell of its death. */
record Scene(Path folder) {
  static final LedgerName TAG = LedgerName.of("session");
  static final LedgerName MAP = LedgerName.of("sessions");
  static final long ADDRESS = 0x7f12_3400_0000L;
  static final long SIZE = 8192;

  /** What is told to a ledger. */
  interface Story {
    void tell(Ledger ledger);
  }

  Path ledger(Story story) throws IOException {
    Path file = folder.resolve("app.ledger");
    Ledger ledger = Ledger.create(file, LedgerSettings.defaults().withStacks(1, 4));
    story.tell(ledger);
    // Left open, as by a process that died; a copy is not locked.
    Path copy = folder.resolve("copy.ledger");
    Files.deleteIfExists(copy);
    Files.copy(file, copy);
    ledger.close();
    return copy;
  }

  static void died(Ledger ledger) {
    ledger.allocate(1, ADDRESS, SIZE, TAG);
    ledger.bind(1, ADDRESS, MAP, "anna");
    ledger.free(1, ADDRESS, SIZE, TAG);
  }

  Path log(long address, String change, String to) throws IOException {
    Instant started = ProcessHandle.current().info().startInstant().orElseThrow();
    Instant now = Instant.now();
    String text =
        """
        #
        # A fatal error has been detected by the Java Runtime Environment:
        #
        #  SIGSEGV (0xb) at pc=0x00007f5280633f9d, pid=%d, tid=14443
        #
        # Java VM: OpenJDK 64-Bit Server VM (25.0.3+9-LTS, mixed mode)
        # Problematic frame:
        # V  [libjvm.so+0x1233f9d]  Unsafe_GetLong+0xad

        Time: %s UTC elapsed time: %.6f seconds (0d 0h 0m 0s)

        Current thread (0x00007f527802a9b0):  JavaThread "renderer"             [_thread_in_vm, id=14443]

        Native frames: (J=compiled Java code, j=interpreted, Vv=VM code, C=native code)
        V  [libjvm.so+0x1233f9d]  Unsafe_GetLong+0xad
        Java frames: (J=compiled Java code, j=interpreted, Vv=VM code)
        j  jdk.internal.misc.Unsafe.getLong(Ljava/lang/Object;J)J+0 java.base@25.0.3
        j  shop.Cache.lambda$read$3(I)V+7
        j  shop.Cache$$Lambda+0x000000004d21d680.run()V+2

        siginfo: si_signo: 11 (SIGSEGV), si_code: 1 (SEGV_MAPERR), si_addr: 0x%016x

        Registers:
        RAX=0x0000000000000001, RDI=0x00007f1234000000
        RSP=0x00007f1111111000, ERR=0x0000000000000006

        Dynamic libraries:
        7f1233ff0000-7f1233ff8000 rw-p 00000000 00:00 0
        7f1244000000-7f1244008000 rw-p 00000000 00:00 0

        END.
        """
            .formatted(
                ProcessHandle.current().pid(),
                DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ENGLISH)
                    .withZone(ZoneOffset.UTC)
                    .format(now),
                Duration.between(started, now).toNanos() / 1e9,
                address)
            .replace(change, to);
    return Files.writeString(folder.resolve("hs_err.log"), text);
  }

  Path log(long address) throws IOException {
    return log(address, "", "");
  }

  static Autopsy perform(@Nullable Path log, @Nullable Path ledger) throws Exception {
    return Autopsy.perform(new AutopsyRequest(log, ledger, null));
  }
}
