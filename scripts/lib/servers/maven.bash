# shellcheck shell=bash
# Servers for the Java virtual machine: dependencies in lib/, compiled classes in classes/.

install_maven() {
    local adapter=$1 version=$2 prefix=$3 jars
    command -v mvn >/dev/null || install_packages maven
    command -v javac >/dev/null || install_packages default-jdk-headless
    cp "$adapter/$version/pom.xml" "$prefix"
    mkdir -p "$prefix/lib" "$prefix/classes"
    # Without a version Maven takes the newest plugin there is, or the one its distributor chose.
    (cd "$prefix" && run_quietly mvn --batch-mode --quiet \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
        -DoutputDirectory=lib -DincludeScope=runtime) || return 1
    # Frameworks bind values by the names of parameters, and their builds ask the compiler to keep
    # them; some generate code from annotations, for which newer compilers want a path of its own.
    jars=$(printf '%s:' "$prefix"/lib/*.jar)
    run_quietly javac -parameters -d "$prefix/classes" -classpath "$jars" -processorpath "$jars" "$adapter"/*.java
    find "$adapter" -maxdepth 1 -type f \( -name '*.properties' -o -name '*.xml' \) -exec cp -t "$prefix/classes" {} +
}
