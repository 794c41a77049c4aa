package dev.sluice.agent.doctor;

import java.util.List;

/**
 * What the doctor found.
 *
 * @param lines in the order of the examination
 */
public record Diagnosis(List<Line> lines) {
    /** Copies the list. */
    public Diagnosis {
        lines = List.copyOf(lines);
    }

    /** How a line is to be taken; the worst last. */
    public enum State {
        /** As it should be. */
        OK,
        /** Works, but worse than it could, or it is not known. */
        WARNING,
        /** Does not work. */
        PROBLEM
    }

    /**
     * One thing that was looked at.
     *
     * @param state how it is
     * @param subject what was looked at
     * @param found what it is like
     * @param advice what to do, mostly a command; empty if nothing
     */
    public record Line(State state, String subject, String found, String advice) {}

    /** The worst state of all lines. */
    public State worst() {
        return lines.stream().map(Line::state).max(State::compareTo).orElse(State.OK);
    }
}
