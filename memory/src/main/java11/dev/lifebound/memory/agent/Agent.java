package dev.lifebound.memory.agent;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;

/**
 * What the Java virtual machine calls, by the manifest: before {@code main}, or on {@code lifebound
 * attach}.
 *
 * <p>Compiled for Java 11, so that an old virtual machine can load it and be told; all else is in
 * {@code Arming}, which is compiled for the Java that the library needs.
 */
public final class Agent {
  /** As AgentOptions.STATE, which an old virtual machine could not load. */
  private static final String STATE = "dev.lifebound.agent";

  private static final int LEAST_FEATURE = 25;

  private Agent() {}

  /** {@code -javaagent:}. Returns in any case. */
  public static void premain(String options, Instrumentation instrumentation) {
    start(options, false);
  }

  /** {@code lifebound attach}. Returns in any case. */
  public static void agentmain(String options, Instrumentation instrumentation) {
    start(options, true);
  }

  private static void start(String options, boolean attached) {
    try {
      if (Runtime.version().feature() < LEAST_FEATURE) {
        standDown(
            "the Java virtual machine must be 25 or newer: java="
                + System.getProperty("java.version")
                + "; the program runs on without the guard");
        return;
      }
      Class.forName("dev.lifebound.memory.agent.Arming", true, Agent.class.getClassLoader())
          .getDeclaredMethod("start", String.class, boolean.class)
          .invoke(null, options == null ? "" : options, attached);
    } catch (InvocationTargetException e) {
      standDown("this is a defect of Lifebound: exception=" + e.getCause());
    } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
      standDown(
          "the agent's jar must be whole, and no other version of it stand before it on the class"
              + " path: exception="
              + e);
    }
  }

  private static void standDown(String reason) {
    System.setProperty(STATE, "not armed: " + reason);
    System.err.println("lifebound: not armed: " + reason);
  }
}
