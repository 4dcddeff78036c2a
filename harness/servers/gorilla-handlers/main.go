package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/gorilla/handlers"
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

	mux := http.NewServeMux()
	mux.HandleFunc("/resource", resource)
	mux.HandleFunc("/events", events)
	mux.Handle("/protected", requireAuthorization(http.HandlerFunc(resource)))
	mux.HandleFunc("/failing", func(w http.ResponseWriter, r *http.Request) {
		panic("failing")
	})

	handler := handlers.CORS(options(policy)...)(handlers.RecoveryHandler()(mux))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), handler))
}

func options(policy Policy) []handlers.CORSOption {
	origins := policy.Origins
	if policy.AnyOrigin {
		origins = []string{"*"}
	}
	if policy.NullOrigin {
		origins = append(origins, "null")
	}
	options := []handlers.CORSOption{
		handlers.AllowedOrigins(origins),
		handlers.AllowedMethods(policy.Methods),
		handlers.AllowedHeaders(policy.RequestHeaders),
		handlers.ExposedHeaders(policy.ExposedHeaders),
		handlers.MaxAge(policy.MaxAge),
	}
	if policy.Credentials {
		options = append(options, handlers.AllowCredentials())
	}
	if len(policy.OriginPatterns) > 0 {
		options = append(options, handlers.AllowedOriginValidator(subdomainOf(policy.OriginPatterns)))
	}
	return options
}

func subdomainOf(patterns []string) handlers.OriginValidator {
	return func(origin string) bool {
		for _, pattern := range patterns {
			scheme, domain, _ := strings.Cut(pattern, "*")
			if strings.HasPrefix(origin, scheme) && strings.HasSuffix(origin, domain) {
				return true
			}
		}
		return false
	}
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
