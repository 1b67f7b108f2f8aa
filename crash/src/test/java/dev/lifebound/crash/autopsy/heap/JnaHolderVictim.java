package dev.lifebound.crash.autopsy.heap;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.PointerType;
import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A program with JNA: it holds addresses in JNA's classes, and dumps its heap. */
final class JnaHolderVictim {
  static final class Session extends PointerType {
    Session(Pointer pointer) {
      super(pointer);
    }
  }

  static final class Player {
    final Pointer stream = new Pointer(HolderVictim.at(33));
  }

  static final Map<String, Pointer> BY_TEXT = new HashMap<>();
  static final Map<Integer, Session> SESSIONS = new ConcurrentHashMap<>();
  static final Map<Pointer, String> BY_POINTER = new HashMap<>();
  static final Map<String, Memory> BUFFERS = new HashMap<>();
  static final List<Player> PLAYERS = List.of(new Player());

  private JnaHolderVictim() {}

  public static void main(String[] arguments) throws IOException {
    BY_TEXT.put("anna", new Pointer(HolderVictim.at(30)));
    SESSIONS.put(7, new Session(new Pointer(HolderVictim.at(31))));
    BY_POINTER.put(new Pointer(HolderVictim.at(32)), "by its pointer");
    Memory buffer = new Memory(4096);
    BUFFERS.put("frame", buffer);
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpHeap(arguments[0], false);
    System.out.println("memory " + Pointer.nativeValue(buffer));
  }
}
