package dev.lifebound.memory.agent;

import java.lang.instrument.Instrumentation;

final class Arming {
  private Arming() {}

  static void start(String options, Instrumentation instrumentation, boolean attached) {
    AgentOptions parsed = AgentOptions.parse(options);
    System.err.println("lifebound: armed: " + parsed);
  }
}
