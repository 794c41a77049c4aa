package dev.sluice.controller;

/**
 * How far a node is with an object.
 *
 * @param node its name
 * @param progress whether it has it as it is to be
 * @param generation of the object that the node has in force, as far as that is known; 0: it is not, or the node has none
 * @param message why it does not have it; empty if it does
 */
public record NodeState(String node, Progress progress, long generation, String message) {
    /** How far. */
    public enum Progress {
        /** It has what it is to have. */
        APPLIED,

        /** It was told and has not answered yet. */
        UNDER_WAY,

        /** It does not take it. */
        REFUSED,

        /** It does not take another object that came at the same time. */
        HELD_UP,

        /** It is not connected and does not have it, as far as is known. */
        NOT_CONNECTED
    }
}
