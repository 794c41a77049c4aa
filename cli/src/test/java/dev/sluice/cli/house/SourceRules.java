package dev.sluice.cli.house;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** What every source file keeps to; each method gives what is wrong. */
final class SourceRules {
    /** A file is read in one sitting. */
    static final int LINES_MAX = 600;

    // Spelled so that this file keeps the rule itself.
    private static final Pattern MACHINE_PATH = Pattern.compile("(?<![\\w.}\"')])/(?:wor" + "k|hom" + "e)/\\w");
    private static final Pattern UNFINISHED = Pattern.compile("\\b(?:TO" + "DO|FIX" + "ME)\\b");
    private static final Pattern UNFINISHED_IN_PROSE = Pattern.compile("\\b(?:TO" + "DO|FIX" + "ME)[:(]");

    private SourceRules() {}

    /** {@code FILE: LINES lines}. */
    static List<String> longFiles(Tree tree) {
        List<String> found = new ArrayList<>();
        for (Path file : tree.files(f -> f.toString().endsWith(".java"))) {
            long lines = tree.text(file).lines().count();
            if (lines > LINES_MAX) {
                found.add(file + ": " + lines + " lines");
            }
        }
        return found;
    }

    /** {@code FILE:LINE: TEXT} of lines that only make sense on somebody's machine. */
    static List<String> machinePaths(Tree tree) {
        List<String> found = new ArrayList<>();
        tree.texts().forEach(file -> grep(tree, file, MACHINE_PATH, found));
        return found;
    }

    /** {@code FILE:LINE: TEXT} of marks that something is unfinished. */
    static List<String> unfinished(Tree tree) {
        List<String> found = new ArrayList<>();
        for (Path file : tree.texts()) {
            grep(tree, file, file.toString().endsWith(".md") ? UNFINISHED_IN_PROSE : UNFINISHED, found);
        }
        return found;
    }

    private static void grep(Tree tree, Path file, Pattern pattern, List<String> found) {
        int number = 0;
        for (String line : tree.text(file).split("\n", -1)) {
            number++;
            if (pattern.matcher(line).find()) {
                found.add(file + ":" + number + ": " + line.strip());
            }
        }
    }

    /** {@code FILE: TYPE} of public types without a documentation comment. */
    static List<String> undocumentedTypes(Tree tree) {
        List<String> found = new ArrayList<>();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<Path> sources =
                    tree.sources("main").stream().map(tree.root()::resolve).toList();
            if (sources.isEmpty()) {
                return found;
            }
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(sources));
            Trees trees = Trees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                new UndocumentedTypes(trees, unit, found).scan(unit, null);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static final class UndocumentedTypes extends TreePathScanner<@Nullable Void, @Nullable Void> {
        private final Trees trees;
        private final CompilationUnitTree unit;
        private final List<String> found;

        UndocumentedTypes(Trees trees, CompilationUnitTree unit, List<String> found) {
            this.trees = trees;
            this.unit = unit;
            this.found = found;
        }

        @Override
        public @Nullable Void visitClass(ClassTree type, @Nullable Void nothing) {
            boolean isPublic = type.getModifiers().getFlags().contains(Modifier.PUBLIC);
            if (isPublic && trees.getDocComment(getCurrentPath()) == null) {
                found.add(Path.of(unit.getSourceFile().getName()).getFileName() + ": " + type.getSimpleName());
            }
            // What is inside a class that others cannot see is not public.
            return isPublic ? super.visitClass(type, null) : null;
        }
    }
}
