package dev.sluice.controller;

import dev.sluice.southbound.Question;
import java.util.function.Consumer;

/** Asks agents; what comes back an {@link AgentWatcher} hears. Any thread. */
@FunctionalInterface
public interface AgentAsker {
    /**
     * Asks one; never waits.
     *
     * @param word what kind of question it is, as agents say in Hello
     * @param problem gets why it cannot be asked; empty: it was
     */
    void ask(String node, String word, Question question, Consumer<String> problem);
}
