package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"
)

// The policy that corspec asks for.
type Policy struct {
	AnyOrigin      bool     `json:"any_origin"`
	Origins        []string `json:"origins"`
	OriginPatterns []string `json:"origin_patterns"`
	NullOrigin     bool     `json:"null_origin"`
	Methods        []string `json:"methods"`
	RequestHeaders []string `json:"request_headers"`
	ExposedHeaders []string `json:"exposed_headers"`
	Credentials    bool     `json:"credentials"`
	MaxAge         int      `json:"max_age"`
}

func main() {
	var policy Policy
	if err := json.Unmarshal([]byte(os.Getenv("CORSPEC_POLICY")), &policy); err != nil {
		log.Fatal(err)
	}

	router := chi.NewRouter()
	router.Use(middleware.Recoverer)
	router.Use(cors.Handler(options(policy)))
	for _, method := range policy.Methods {
		router.MethodFunc(method, "/resource", resource)
		router.With(requireAuthorization).MethodFunc(method, "/protected", resource)
	}
	router.Get("/events", events)
	router.Get("/failing", func(w http.ResponseWriter, r *http.Request) {
		panic("failing")
	})

	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), router))
}

func options(policy Policy) cors.Options {
	options := cors.Options{
		AllowedOrigins:   append(policy.Origins, policy.OriginPatterns...),
		AllowedMethods:   policy.Methods,
		AllowedHeaders:   policy.RequestHeaders,
		ExposedHeaders:   policy.ExposedHeaders,
		AllowCredentials: policy.Credentials,
		MaxAge:           policy.MaxAge,
	}
	if policy.AnyOrigin {
		options.AllowedOrigins = []string{"*"}
	}
	if policy.NullOrigin {
		options.AllowedOrigins = append(options.AllowedOrigins, "null")
	}
	return options
}

func resource(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/plain")
	header.Set("X-Handler", "resource")
	header.Set("X-Total", "42")
	header.Set("X-Trace", "t1")
	header.Add("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "public, max-age=60")
	io.WriteString(w, "resource")
}

func requireAuthorization(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="corspec"`)
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	io.WriteString(w, "id: 1\ndata: one\n\nid: 2\ndata: two\n\n")
}
